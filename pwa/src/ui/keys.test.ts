import { describe, expect, it, vi } from 'vitest';
import { KeyLayers, keyName } from './keys';

const none = { ctrlKey: false, metaKey: false, altKey: false };

describe('keyName', () => {
  it('names combinations in one way', () => {
    expect(keyName({ ...none, key: 'V' })).toBe('v');
    expect(keyName({ ...none, key: 'Enter', ctrlKey: true })).toBe('ctrl+Enter');
    expect(keyName({ ...none, key: 'Enter', metaKey: true })).toBe('ctrl+Enter');
    expect(keyName({ ...none, key: 'p', altKey: true })).toBe('alt+p');
  });
});

describe('KeyLayers', () => {
  it('lets the topmost layer answer and falls through to the one below', () => {
    const layers = new KeyLayers();
    const search = vi.fn();
    const vaccinate = vi.fn();
    layers.push({ F2: search, v: search }, false);
    const remove = layers.push({ v: vaccinate }, false);
    expect(layers.find('v', false)).toBe(vaccinate);
    expect(layers.find('F2', false)).toBe(search);
    remove();
    expect(layers.find('v', false)).toBe(search);
  });

  it('takes letters as text while something is typed, but not function keys', () => {
    const layers = new KeyLayers();
    const command = vi.fn();
    layers.push({ v: command, F2: command }, false);
    expect(layers.find('v', true)).toBeNull();
    expect(layers.find('F2', true)).toBe(command);
  });

  it('hears nothing below a modal layer', () => {
    const layers = new KeyLayers();
    layers.push({ v: vi.fn() }, false);
    layers.push({ 'ctrl+Enter': vi.fn() }, true);
    expect(layers.find('v', false)).toBeNull();
  });
});
