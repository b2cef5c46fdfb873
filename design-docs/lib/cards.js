// Calls `each(number)` for the cards in use: of each number, what was recorded last is that it was
// issued.
function eachCard(each) {
  var last = {};
  standing('card', function (id, card) {
    var known = last[card.number];
    if (!known || known.at < card.at || (known.at === card.at && known.id < id)) {
      last[card.number] = { id: id, at: card.at, state: card.state };
    }
  });
  for (var number in last) {
    if (last[number].state === 'issued') { each(number); }
  }
}
