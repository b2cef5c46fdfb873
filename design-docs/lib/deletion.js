// Only the server deletes; what it deletes of a child still holds every event.
function checkDeletion() {
  if (!isServer()) { refuse('only the server deletes'); }
  keepEvents();
}
