// A child's events are only added to, and no fact is replaced by an older one (docs/data-flow.md).

// Which of two texts comes first by code point: surrogates come after the rest of the plane.
function comesBefore(a, b) {
  var length = Math.min(a.length, b.length);
  for (var i = 0; i < length; i += 1) {
    var x = a.charCodeAt(i);
    var y = b.charCodeAt(i);
    if (x !== y) {
      var xHigh = x >= 0xD800 && x <= 0xDFFF;
      var yHigh = y >= 0xD800 && y <= 0xDFFF;
      return xHigh === yHigh ? x < y : yHigh;
    }
  }
  return a.length < b.length;
}

// Canonical JSON of an event, whose field names are ASCII.
function canonical(value) {
  if (typeof value !== 'object' || value === null) { return JSON.stringify(value); }
  if (Array.isArray(value)) { return '[' + value.map(canonical).join(',') + ']'; }
  return '{' + Object.keys(value).sort().map(function (name) {
    return JSON.stringify(name) + ':' + canonical(value[name]);
  }).join(',') + '}';
}

// Two different events under one id: the merge, which the server makes, keeps the smaller.
function isMergeOf(before, after) {
  return isServer() && comesBefore(canonical(after), canonical(before));
}

function keepEvents() {
  var before = (oldDoc && oldDoc.events) || {};
  var after = newDoc.events || {};
  for (var id in before) {
    if (!owns(after, id)) { refuse('event ' + id + ' is missing; events are only added'); }
    if (!same(before[id], after[id]) && !isMergeOf(before[id], after[id])) {
      refuse('event ' + id + ' was changed; void it by another event');
    }
  }
}

function keepFacts() {
  var before = (oldDoc && oldDoc.facts) || {};
  var after = newDoc.facts || {};
  for (var name in before) {
    if (!owns(after, name)) { refuse('fact ' + name + ' is missing; set its value to null'); }
    if (after[name].at < before[name].at) {
      refuse('fact ' + name + ' is older than the one it replaces');
    }
    if (after[name].at === before[name].at && !same(after[name], before[name]) && !isServer()) {
      refuse('fact ' + name + ' was changed without a new time');
    }
  }
}

// Whoever writes, and what is deleted of a child still holds every event.
function checkHistory() {
  if (newDoc._deleted) { return keepEvents(); }
  switch (newDoc.type) {
    case 'child': keepEvents(); return keepFacts();
    case 'stock': return unchanged('a stock move');
    case 'numbers': return unchanged('a block of numbers');
  }
}
