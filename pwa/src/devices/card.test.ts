import { expect, it, vi } from 'vitest';
import { onCard, reportCardError, requestCard } from './card';

it('tells a card to the listener on top alone, and to the one below when that is gone', () => {
  const page = vi.fn();
  const dialog = vi.fn();
  const leavePage = onCard(page);
  const leaveDialog = onCard(dialog);
  requestCard('510402');
  reportCardError('card.no_end');
  leaveDialog();
  requestCard('510403');
  expect(dialog.mock.calls).toEqual([
    [{ kind: 'card', number: '510402' }],
    [{ kind: 'error', code: 'card.no_end', message: null }],
  ]);
  expect(page.mock.calls).toEqual([[{ kind: 'card', number: '510403' }]]);
  leavePage();
  requestCard('510404');
  expect(page).toHaveBeenCalledTimes(1);
});
