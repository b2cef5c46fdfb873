function (newDoc, oldDoc, userCtx) {
  // A region's database is written by the server alone, by replication, and it too loses nothing.

  // !code lib/authority.js
  // !code lib/history.js
  // !code lib/deletion.js

  if (!isServer()) { refuse('only the server writes here'); }
  if (newDoc._deleted) { return checkDeletion(); }
  switch (newDoc.type) {
    case 'child': keepEvents(); return keepFacts();
    case 'stock': return unchanged('a stock move');
    case 'numbers': return unchanged('a block of numbers');
  }
}
