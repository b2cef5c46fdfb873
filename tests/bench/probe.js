// Runs in the application's page: does what a person does, and tells how long the screen took.
(() => {
  const find = (id) => document.querySelector(`[data-testid="${id}"]`);
  // After the next frame has been drawn.
  const painted = () =>
    new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const press = (key, code) =>
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true }));

  async function swipe(card, id) {
    // What follows a card within a blink is of the same card to the reader's listener.
    await new Promise((resolve) => setTimeout(resolve, 400));
    for (const char of `;${card}?`) {
      press(char, char === ';' ? 'Semicolon' : char === '?' ? 'Slash' : `Digit${char}`);
    }
    const start = performance.now();
    press('Enter', 'Enter');
    const end = start + 60_000;
    const ulid = id.slice('child:'.length);
    while (performance.now() < end) {
      await painted();
      if (location.href.includes(ulid) && find('child-name') && find('due-today')) {
        return performance.now() - start;
      }
    }
    throw new Error('the child was not shown');
  }

  async function search(word) {
    const field = find('search');
    const times = [];
    for (let length = 1; length <= word.length; length++) {
      field.focus();
      field.value = word.slice(0, length);
      const start = performance.now();
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await painted();
      times.push(performance.now() - start);
    }
    field.value = '';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await painted();
    return times;
  }

  const words = [
    '王', '李小', '张子', '刘诗', 'zhang', 'wangzi', 'lxm', 'zzx', 'chenyu', 'liuyi',
    '13', '138', '15012345', '9901210001', '990121000120240012', '20240315', '2023-11', '2201',
  ];
  globalThis.probe = { swipe, search, words };
})();
