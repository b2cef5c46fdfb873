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

// Canonical JSON; the names of fields are ASCII.
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
    if (!owns(after, id)) { refuse('event-missing', eventPart(id)); }
    if (!same(before[id], after[id]) && !isMergeOf(before[id], after[id])) {
      refuse('event-changed', eventPart(id));
    }
  }
}

// Another validator says what a document must look like, but a database asks them in any order.
function isFact(value) {
  return isObject(value) && typeof value.at === 'string' && typeof value.by === 'string' &&
    value.value !== undefined;
}

// Two devices that know a fact from a clock ahead of theirs may set it at one moment. The merge keeps
// the greater of (at, by, canonical JSON of the value), and so may whoever brings the second.
function givesWay(after, before) {
  if (after.at !== before.at) { return after.at < before.at; }
  if (after.by !== before.by) { return comesBefore(after.by, before.by); }
  return comesBefore(canonical(after.value), canonical(before.value));
}

function keepFacts() {
  var before = (oldDoc && oldDoc.facts) || {};
  var after = newDoc.facts || {};
  for (var name in before) {
    if (!owns(after, name)) { refuse('fact-missing', factPart(name)); }
    if (same(after[name], before[name])) { continue; }
    if (!isFact(after[name])) { refuse('wrong-type', factPart(name)); }
    if (givesWay(after[name], before[name])) {
      refuse('fact-older', factPart(name));
    }
  }
}

// Two servers that did not know of each other may have given one block of numbers to two devices: the
// merge, which the server makes, keeps the earlier claim.
function isEarlierClaim(after, before) {
  if (typeof after.at !== 'string' || typeof before.at !== 'string') { return false; }
  return after.at !== before.at ? comesBefore(after.at, before.at)
    : comesBefore(canonical(after), canonical(before));
}

function keepBlock() {
  if (oldDoc && isServer() && isEarlierClaim(written(newDoc), written(oldDoc))) { return; }
  unchanged();
}

// Whoever writes, and what is deleted of a child still holds every event.
function checkHistory() {
  if (newDoc._deleted) { return keepEvents(); }
  switch (newDoc.type) {
    case 'child': keepEvents(); return keepFacts();
    case 'stock': return unchanged();
    case 'reminder': return unchanged();
    case 'numbers': return keepBlock();
  }
}
