function (newDoc, oldDoc) {
  // Generated from the models by `miaopu generate`. Do not edit.
  // ES5, which is what every CouchDB runs.
  //
  // A schema is one of
  //   {type: 'values', values: [...]}                  one of these
  //   {type: 'nullable', of: schema}                   that, or null
  //   {type: 'anyOf', of: [schema, ...]}               alternatives
  //   {type: 'union', tag: field, of: {value: schema}} the field says which holds
  //   {type: 'string', format, pattern, minLength, maxLength}
  //   {type: 'integer' | 'number', minimum, maximum}, {type: 'boolean' | 'null'}
  //   {type: 'array', items, minItems, maxItems}
  //   {type: 'object', fields, required} or {type: 'object', keys, entries, maxProperties}
  //   {type: 'any'}
  // or the name of one that has parts, which is made when it is met.
  // A denial is `[code] field <path>`, and never holds a value.
  var RegionCode = {type: "string", pattern: /^[0-9]{6}$/};
  var SiteCode = {type: "string", pattern: /^[0-9]{10}$/};
  var Text = {type: "string", minLength: 1, maxLength: 200};
  var CalendarDate = {type: "string", format: "date", pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/};
  var DictionaryCode = {type: "string", pattern: /^[0-9A-Za-z_.-]{1,32}$/};
  var VaccineCode = {type: "string", pattern: /^[0-9]{4}$/};
  var Span = {type: "string", pattern: /^[0-9]{1,5} (?:day|week|month|year)s?(?: [+-] [0-9]{1,5} (?:day|week|month|year)s?){0,3}$/};
  var Instant = {type: "string", format: "date-time", pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$/};
  var YearDay = {type: "string", pattern: /^(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}$/};
  var LongText = {type: "string", minLength: 1, maxLength: 2000};
  var UserName = {type: "string", minLength: 1, maxLength: 64};
  var Body = {type: "string", minLength: 1, maxLength: 20000};
  var WebAddress = {type: "string", pattern: /^https?:\/\/[^\s<>\"']{3,500}$/};
  function made(name) {
    switch (name) {
      case "AfterObservation": return {type: "object", fields: {observation: DictionaryCode, beforeDose: {type: "boolean"}}, required: ["observation"]};
      case "AfterTarget": return {type: "object", fields: {target: {type: "integer", minimum: 1, maximum: 20}}, required: ["target"]};
      case "AfterVaccines": return {type: "object", fields: {vaccines: {type: "array", minItems: 1, maxItems: 50, items: VaccineCode}}, required: ["vaccines"]};
      case "Births": return {type: "object", fields: {from: CalendarDate, to: CalendarDate}, required: []};
      case "RuleAges": return {type: "object", fields: {absMin: Span, min: Span, recommended: Span, by: Span, max: Span}, required: []};
      case "AgeLayer": return {type: "object", fields: {antigen: Text, dose: {type: "integer", minimum: 1, maximum: 20}, series: Text, births: "Births", kind: {type: "values", values: ["age"]}, ages: "RuleAges"}, required: ["antigen", "dose", "kind", "ages"]};
      case "RuleTitle": return {type: "object", fields: {zh: Text, en: Text}, required: []};
      case "CampaignLayer": return {type: "object", fields: {kind: {type: "values", values: ["campaign"]}, name: Text, title: "RuleTitle", vaccines: {type: "array", minItems: 1, maxItems: 50, items: VaccineCode}, births: "Births", from: CalendarDate, to: CalendarDate, minInterval: Span}, required: ["kind", "name", "vaccines", "births", "from", "to"]};
      case "RuleInterval": return {type: "object", fields: {from: {type: "anyOf", of: [{type: "values", values: ["previous"]}, "AfterTarget", "AfterVaccines", "AfterObservation"]}, absMin: Span, min: Span, recommended: Span, by: Span}, required: ["from"]};
      case "IntervalLayer": return {type: "object", fields: {antigen: Text, dose: {type: "integer", minimum: 1, maximum: 20}, series: Text, births: "Births", kind: {type: "values", values: ["interval"]}, interval: "RuleInterval"}, required: ["antigen", "dose", "kind", "interval"]};
      case "ParameterLayer": return {type: "object", fields: {kind: {type: "values", values: ["parameter"]}, name: DictionaryCode, value: {type: "anyOf", of: [{type: "string"}, {type: "boolean"}]}}, required: ["kind", "name", "value"]};
      case "ProductLayer": return {type: "object", fields: {antigen: Text, dose: {type: "integer", minimum: 1, maximum: 20}, series: Text, births: "Births", kind: {type: "values", values: ["product"]}, vaccines: {type: "array", minItems: 1, maxItems: 50, items: VaccineCode}}, required: ["antigen", "dose", "kind", "vaccines"]};
      case "RuleSeason": return {type: "object", fields: {start: YearDay, end: YearDay}, required: ["start", "end"]};
      case "SeasonLayer": return {type: "object", fields: {kind: {type: "values", values: ["season"]}, antigen: Text, series: Text, season: "RuleSeason"}, required: ["kind", "antigen", "season"]};
      case "VisitLayer": return {type: "object", fields: {kind: {type: "values", values: ["visit"]}, maxInjections: {type: "integer", minimum: 1, maximum: 20}, maxOral: {type: "integer", minimum: 1, maximum: 20}, daysSinceLast: {type: "integer", minimum: 0, maximum: 365}}, required: ["kind"]};
      case "WithLayer": return {type: "object", fields: {kind: {type: "values", values: ["with"]}, schedule: DictionaryCode}, required: ["kind", "schedule"]};
      case "WithoutLayer": return {type: "object", fields: {kind: {type: "values", values: ["without"]}, groups: {type: "array", minItems: 1, maxItems: 50, items: Text}}, required: ["kind", "groups"]};
      case "LocalRule": return {type: "union", tag: "kind", of: {age: "AgeLayer", campaign: "CampaignLayer", interval: "IntervalLayer", parameter: "ParameterLayer", product: "ProductLayer", season: "SeasonLayer", visit: "VisitLayer", with: "WithLayer", without: "WithoutLayer"}};
      case "Entry": return {type: "object", fields: {zh: Text, en: Text, more: {type: "object"}}, required: ["zh", "en"]};
      case "site:": return {type: "object", fields: {type: {type: "values", values: ["site"]}, code: SiteCode, name: Text, region: RegionCode, address: Text, phone: Text}, required: ["type", "code", "name", "region"]};
      case "region:": return {type: "object", fields: {type: {type: "values", values: ["region"]}, code: RegionCode, name: Text, level: {type: "values", values: ["county", "city", "province"]}, parent: RegionCode}, required: ["type", "code", "name", "level"]};
      case "schedule:": return {type: "object", fields: {type: {type: "values", values: ["schedule"]}, name: DictionaryCode, edition: Text, effective: CalendarDate, schedule: {type: "object"}}, required: ["type", "name", "edition", "effective", "schedule"]};
      case "layer:": return {type: "object", fields: {type: {type: "values", values: ["layer"]}, name: DictionaryCode, title: Text, region: RegionCode, sites: {type: "array", maxItems: 500, items: SiteCode}, schedule: DictionaryCode, effective: CalendarDate, until: CalendarDate, withdrawn: {type: "boolean"}, layer: "LocalRule", note: LongText, updated_at: Instant, updated_by: UserName}, required: ["type", "name", "title", "region", "effective", "layer", "updated_at", "updated_by"]};
      case "dictionary:": return {type: "object", fields: {type: {type: "values", values: ["dictionary"]}, name: DictionaryCode, entries: {type: "object", maxProperties: 20000, keys: /^[0-9A-Za-z_.-]{1,32}$/, entries: "Entry"}}, required: ["type", "name", "entries"]};
      case "holidays:": return {type: "object", fields: {type: {type: "values", values: ["holidays"]}, year: {type: "integer", minimum: 2000, maximum: 2999}, off: {type: "array", maxItems: 366, items: CalendarDate}, on: {type: "array", maxItems: 366, items: CalendarDate}, updated_at: Instant, updated_by: Text}, required: ["type", "year", "updated_at", "updated_by"]};
      case "article:": return {type: "object", fields: {type: {type: "values", values: ["article"]}, name: DictionaryCode, region: RegionCode, kind: {type: "values", values: ["article", "law", "notice", "link"]}, title: Text, body: Body, address: WebAddress, published: CalendarDate, withdrawn: {type: "boolean"}, updated_at: Instant, updated_by: UserName}, required: ["type", "name", "region", "kind", "title", "published", "updated_at", "updated_by"]};
      case "department:": return {type: "object", fields: {type: {type: "values", values: ["department"]}, name: DictionaryCode, region: RegionCode, title: Text, duty: Text, phone: Text, address: Text, hours: Text, withdrawn: {type: "boolean"}, updated_at: Instant, updated_by: UserName}, required: ["type", "name", "region", "title", "updated_at", "updated_by"]};
    }
  }
  var ids = {site: /^site:[0-9]{10}$/, region: /^region:[0-9]{6}$/, schedule: /^schedule:[a-z0-9-]{1,40}$/, layer: /^layer:[0-9A-Za-z_.-]{1,32}$/, dictionary: /^dictionary:[a-z0-9_-]{1,40}$/, holidays: /^holidays:[0-9]{4}$/, article: /^article:[0-9a-z-]{1,40}$/, department: /^department:[0-9a-z-]{1,40}$/};
  var known = {};
  var BOOKKEEPING = /^_(?:id|rev|revisions|deleted|revs_info|local_seq)$/;
  var SAFE_NAME = /^[A-Za-z0-9_.-]{1,40}$/;
  var has = Object.prototype.hasOwnProperty;

  // The names that lead to the value in hand; joined only for a message, which is rare.
  var trail = [];
  var depth = 0;

  // A field's name may itself be hostile, or somebody's data.
  function shown(name) {
    return SAFE_NAME.test(name) ? name : '?';
  }

  function refuse(code) {
    var path = depth === 0 ? 'document' : 'field ' + trail.slice(0, depth).map(shown).join('.');
    throw { forbidden: '[' + code + '] ' + path };
  }

  function daysOf(year, month) {
    if (month === 2) {
      return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
    }
    return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  }

  function isDate(text) {
    var year = +text.substr(0, 4);
    var month = +text.substr(5, 2);
    var day = +text.substr(8, 2);
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  }

  function isInstant(text) {
    return isDate(text) && +text.substr(11, 2) < 24 && +text.substr(14, 2) < 60 &&
      +text.substr(17, 2) < 60;
  }

  // Length in characters: a pair of surrogates is one.
  function lengthOf(text) {
    return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '_').length;
  }

  function checkString(schema, value) {
    // Events repeat their author, station, site and version: what was just found good still is.
    if (value === schema.good) { return; }
    if (typeof value !== 'string') { refuse('wrong-type'); }
    if (schema.format === 'date') {
      if (!schema.pattern.test(value) || !isDate(value)) { refuse('wrong-date'); }
    } else if (schema.format === 'date-time') {
      if (!schema.pattern.test(value) || !isInstant(value)) { refuse('wrong-date'); }
    } else if (schema.pattern) {
      if (!schema.pattern.test(value)) { refuse('wrong-form'); }
    } else if (value.length < schema.minLength) {
      refuse('wrong-length');
    } else if (value.length > schema.maxLength && lengthOf(value) > schema.maxLength) {
      refuse('wrong-length');
    }
    schema.good = value;
  }

  function checkNumber(schema, value) {
    if (typeof value !== 'number') { refuse('wrong-type'); }
    if (schema.type === 'integer' && Math.floor(value) !== value) { refuse('wrong-type'); }
    if (value < schema.minimum || value > schema.maximum) { refuse('out-of-range'); }
  }

  function memberOf(old, name) {
    return typeof old === 'object' && old !== null ? old[name] : undefined;
  }

  function checkArray(schema, value) {
    if (!Array.isArray(value)) { refuse('wrong-type'); }
    if (value.length < schema.minItems) { refuse('wrong-length'); }
    if (value.length > schema.maxItems) { refuse('wrong-length'); }
    for (var i = 0; i < value.length; i += 1) {
      trail[depth++] = String(i);
      check(schema.items, value[i]);
      depth -= 1;
    }
  }

  function checkFields(schema, value, old) {
    var fields = schema.fields;
    var field;
    for (var name in value) {
      trail[depth++] = name;
      field = fields[name];
      // What `fields` inherits (`constructor`, `__proto__`) is no schema, and `check` says so.
      if (field !== undefined) {
        check(field, value[name], memberOf(old, name));
      } else if (depth > 1 || !BOOKKEEPING.test(name)) {
        refuse('unknown-field');
      }
      depth -= 1;
    }
    for (var i = 0; i < schema.required.length; i += 1) {
      if (!has.call(value, schema.required[i])) {
        trail[depth++] = schema.required[i];
        refuse('missing-field');
      }
    }
  }

  function checkEntries(schema, value, old) {
    var count = 0;
    for (var key in value) {
      count += 1;
      // Most of a child's events are those of the old document, under the same names.
      if (isKept(value[key], memberOf(old, key))) { continue; }
      trail[depth++] = key;
      if (!schema.keys.test(key)) { refuse('wrong-form'); }
      check(schema.entries, value[key], memberOf(old, key));
      depth -= 1;
    }
    if (count > schema.maxProperties) { refuse('wrong-length'); }
  }

  function checkObject(schema, value, old) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse('wrong-type');
    }
    if (schema.fields) { checkFields(schema, value, old); }
    if (schema.entries) { checkEntries(schema, value, old); }
  }

  function checkUnion(schema, value, old) {
    if (typeof value !== 'object' || value === null) { refuse('wrong-type'); }
    var tag = value[schema.tag];
    if (typeof tag !== 'string' || !has.call(schema.of, tag)) {
      trail[depth++] = schema.tag;
      refuse('unknown-kind');
    }
    check(schema.of[tag], value, memberOf(old, schema.tag) === tag ? old : undefined);
  }

  function checkAnyOf(schema, value, old) {
    var start = depth;
    var first = null;
    for (var i = 0; i < schema.of.length; i += 1) {
      try {
        return check(schema.of[i], value, old);
      } catch (refusal) {
        if (!refusal || !refusal.forbidden) { throw refusal; }
        first = first || refusal;
        depth = start;
      }
    }
    throw first;
  }

  // The very same object was found good with the old document: where the database keeps what did not
  // change as one object, it is not looked at again.
  function isKept(value, old) {
    return value === old && typeof value === 'object' && value !== null;
  }

  // `old` is what the old document holds in this place.
  function check(schema, value, old) {
    if (isKept(value, old)) { return; }
    if (typeof schema === 'string') { schema = known[schema] || (known[schema] = made(schema)); }
    switch (schema.type) {
      case 'string': return checkString(schema, value);
      case 'object': return checkObject(schema, value, old);
      case 'integer':
      case 'number': return checkNumber(schema, value);
      case 'array': return checkArray(schema, value);
      case 'boolean': if (typeof value !== 'boolean') { refuse('wrong-type'); } return;
      case 'any': return;
      case 'null': if (value !== null) { refuse('wrong-type'); } return;
      case 'values':
        if (schema.values.indexOf(value) < 0) { refuse('not-allowed'); }
        return;
      case 'union': return checkUnion(schema, value, old);
      case 'nullable': if (value !== null) { check(schema.of, value, old); } return;
      case 'anyOf': return checkAnyOf(schema, value, old);
      default: refuse('unknown-field');
    }
  }

  // What a deletion must look like is a question of authority.
  if (newDoc._deleted === true) { return; }
  if (typeof newDoc.type !== 'string' || !has.call(ids, newDoc.type)) {
    trail[depth++] = 'type';
    refuse('unknown-type');
  }
  if (!ids[newDoc.type].test(newDoc._id)) {
    trail[depth++] = '_id';
    refuse('wrong-id');
  }
  // What was deleted was not checked.
  var before = oldDoc && oldDoc._deleted !== true && oldDoc.type === newDoc.type ? oldDoc : undefined;
  check(newDoc.type + ':', newDoc, before);
}
