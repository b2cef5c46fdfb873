function (doc) {
  // Cards that are in use: of each number, what was recorded last is that it was issued.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  var last = {};
  standing('card', function (id, card) {
    var known = last[card.number];
    if (!known || known.at < card.at || (known.at === card.at && known.id < id)) {
      last[card.number] = { id: id, at: card.at, state: card.state };
    }
  });
  for (var number in last) {
    if (last[number].state === 'issued') { emit(number, null); }
  }
}
