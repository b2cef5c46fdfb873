/** Where dialogs and drawers stand (浮层). */

let made: HTMLElement | null = null;

/**
 * The one section for dialogs, at the end of the page: their own headers, straight in the body, would
 * be banners of the page beside its own.
 */
export function layer(): HTMLElement {
  if (!made?.isConnected) {
    made = document.body.appendChild(document.createElement('section'));
    made.dataset.testid = 'dialogs';
  }
  return made;
}
