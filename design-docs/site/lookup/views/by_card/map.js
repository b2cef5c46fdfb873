function (doc) {
  // Cards that are in use.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  // !code lib/cards.js
  eachCard(function (number) { emit(number, null); });
}
