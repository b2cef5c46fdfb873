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
  var Instant = {type: "string", format: "date-time", pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$/};
  var UserName = {type: "string", minLength: 1, maxLength: 64};
  var Ulid = {type: "string", pattern: /^[0-9A-HJKMNP-TV-Z]{26}$/};
  var SiteCode = {type: "string", pattern: /^[0-9]{10}$/};
  var Text = {type: "string", minLength: 1, maxLength: 200};
  var CalendarDate = {type: "string", format: "date", pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/};
  var DictionaryCode = {type: "string", pattern: /^[0-9A-Za-z_.-]{1,32}$/};
  var LongText = {type: "string", minLength: 1, maxLength: 2000};
  var VaccineCode = {type: "string", pattern: /^[0-9]{4}$/};
  var BirthWeight = {type: "integer", minimum: 200, maximum: 9000};
  var CardNumber = {type: "string", pattern: /^[0-9]{6,37}$/};
  var ChildCode = {type: "string", pattern: /^[0-9]{18}$/};
  var Strokes = {type: "string", pattern: /^[0-9A-Za-z_-]{4,4000}$/};
  var TimeOfDay = {type: "string", pattern: /^([01][0-9]|2[0-3]):[0-5][0-9]$/};
  var ChildId = {type: "string", pattern: /^child:[0-9A-HJKMNP-TV-Z]{26}$/};
  var DocumentNumber = {type: "string", pattern: /^[0-9A-Za-z()-]{4,32}$/};
  var GestationWeeks = {type: "integer", minimum: 20, maximum: 45};
  var IdNumber = {type: "string", pattern: /^[0-9]{17}[0-9X]$/};
  var Name = {type: "string", minLength: 1, maxLength: 50};
  var Person = {type: "values", values: ["child", "adult"]};
  var Phone = {type: "string", pattern: /^[0-9+ -]{5,20}$/};
  var Sex = {type: "values", values: ["M", "F", "U"]};
  var ColumnField = {type: "string", pattern: /^(?:child|dose|wide)[.][a-z0-9_.]{1,60}$/, maxLength: 80};
  var Digest = {type: "string", pattern: /^[0-9a-f]{64}$/};
  var Tally = {type: "integer", minimum: 0, maximum: 2000000};
  function made(name) {
    switch (name) {
      case "AefiCard": return {type: "object", fields: {found: CalendarDate, doses: {type: "array", minItems: 1, maxItems: 3, items: Ulid}, hospital: Text, course: LongText, fever: {type: "values", values: ["1", "2", "3", "4"]}, redness: {type: "values", values: ["1", "2", "3", "4"]}, induration: {type: "values", values: ["1", "2", "3", "4"]}, diagnosis: Text, hospitalised: {type: "boolean"}, initial_class: {type: "values", values: ["1", "2"]}, channel: {type: "values", values: ["1", "2"]}, urgent: {type: "boolean"}, phone: Text}, required: ["found", "doses", "course", "fever", "redness", "induration", "hospitalised", "initial_class", "channel"]};
      case "Aefi": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["aefi"]}, date: CalendarDate, dose: Ulid, symptoms: {type: "array", minItems: 1, maxItems: 20, items: DictionaryCode}, outcome: DictionaryCode, card: "AefiCard", note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "symptoms"]};
      case "AefiStep": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["aefi_step"]}, date: CalendarDate, target: Ulid, step: {type: "values", values: ["reported", "investigation", "case_form", "first_report", "conclusion"]}, case_number: {type: "string", pattern: /^[0-9]{14}$/}, final_class: {type: "values", values: ["1", "2", "3", "4", "5", "6", "7", "8"]}, diagnosis: Text, unit: Text, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "target", "step"]};
      case "Appointment": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["appointment"]}, state: {type: "values", values: ["booked", "cancelled"]}, on: CalendarDate, part: {type: "values", values: ["am", "pm", "day"]}, vaccines: {type: "array", maxItems: 20, items: VaccineCode}, replaces: Ulid, reason: Text}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "state", "on", "part"]};
      case "AsOf": return {type: "object", fields: {schedule: DictionaryCode, edition: {type: "string", minLength: 1, maxLength: 32}, status: {type: "values", values: ["early", "due", "overdue", "unplanned"]}}, required: ["schedule", "edition", "status"]};
      case "Card": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["card"]}, number: CardNumber, state: {type: "values", values: ["issued", "lost", "returned"]}, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "number", "state"]};
      case "Certificate": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["certificate"]}, date: CalendarDate, number: {type: "string", pattern: /^[0-9A-Za-z-]{4,32}$/}, state: {type: "values", values: ["issued", "lost", "returned"]}, edition: DictionaryCode, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "number", "state"]};
      case "Charge": return {type: "object", fields: {item: DictionaryCode, count: {type: "integer", minimum: 1, maximum: 100}, price_fen: {type: "integer", minimum: 0, maximum: 10000000}}, required: ["item", "count", "price_fen"]};
      case "Informed": return {type: "object", fields: {relation: DictionaryCode, method: {type: "values", values: ["signature", "pin", "spoken"]}, at: Instant}, required: ["relation", "method", "at"]};
      case "ConsentForm": return {type: "object", fields: {code: DictionaryCode, version: {type: "string", minLength: 1, maxLength: 32}}, required: ["code", "version"]};
      case "Consent": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["consent"]}, date: CalendarDate, vaccines: {type: "array", minItems: 1, maxItems: 20, items: VaccineCode}, agreed: {type: "boolean"}, informed: "Informed", form: "ConsentForm", strokes: Strokes}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "vaccines", "agreed", "informed"]};
      case "Contact": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["contact"]}, date: CalendarDate, means: {type: "values", values: ["phone", "message", "visit", "notice", "village"]}, outcome: DictionaryCode, vaccines: {type: "array", maxItems: 20, items: VaccineCode}, promised: CalendarDate, sheet: Text, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "means", "outcome"]};
      case "Contraindication": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["contraindication"]}, code: DictionaryCode, vaccine: VaccineCode, date: CalendarDate, until: CalendarDate, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "code", "date"]};
      case "Exposure": return {type: "object", fields: {grade: {type: "values", values: ["1", "2", "3"]}, at: Instant, animal: DictionaryCode, body_part: Text, manner: Text, wound_treated: {type: "boolean"}, immunoglobulin: {type: "boolean"}, weight_kg: {type: "number", maximum: 400}}, required: ["grade", "at"]};
      case "Course": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["course"]}, date: CalendarDate, course: DictionaryCode, vaccine: VaccineCode, exposure: "Exposure", note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "course", "vaccine"]};
      case "Override": return {type: "object", fields: {warnings: {type: "array", minItems: 1, maxItems: 20, items: DictionaryCode}, reason: LongText}, required: ["warnings", "reason"]};
      case "Dose": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["dose"]}, date: CalendarDate, time: TimeOfDay, vaccine: VaccineCode, origin: {type: "values", values: ["given", "history"]}, number: {type: "integer", minimum: 1, maximum: 20}, lot: Text, expiry: CalendarDate, maker: Text, trace_code: {type: "string", pattern: /^[0-9]{20}$/}, spec: Text, amount: Text, body_site: DictionaryCode, route: DictionaryCode, self_paid: {type: "boolean"}, campaign: DictionaryCode, informed: "Informed", consent: Ulid, override: "Override", place: Text, as_of: "AsOf"}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "vaccine", "origin"]};
      case "Move": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["move"]}, date: CalendarDate, step: {type: "values", values: ["requested", "released", "received"]}, from_site: SiteCode, to_site: SiteCode, answers: {type: "array", maxItems: 50, items: Ulid}, reason: Text}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "step"]};
      case "NotGiven": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["not_given"]}, date: CalendarDate, vaccine: VaccineCode, number: {type: "integer", minimum: 1, maximum: 20}, reason: DictionaryCode, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "vaccine", "reason"]};
      case "NotSameAs": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["not_same_as"]}, target: ChildId}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "target"]};
      case "Observation": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["observation"]}, code: DictionaryCode, date: CalendarDate, until: CalendarDate, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "code", "date"]};
      case "Payment": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["payment"]}, date: CalendarDate, number: {type: "string", pattern: /^[0-9A-Z]{4,12}-[0-9]{6}$/}, charges: {type: "array", minItems: 1, maxItems: 30, items: "Charge"}, total_fen: {type: "integer", minimum: -100000000, maximum: 100000000}, method: {type: "values", values: ["cash", "card", "mobile", "other"]}, received_fen: {type: "integer", minimum: 0, maximum: 100000000}, refunds: Ulid, reason: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "number", "charges", "total_fen", "method"]};
      case "PinVerifier": return {type: "object", fields: {iterations: {type: "integer", minimum: 100000, maximum: 10000000}, salt: {type: "string", pattern: /^[0-9A-Za-z_-]{22}$/}, hash: {type: "string", pattern: /^[0-9A-Za-z_-]{43}$/}}, required: ["iterations", "salt", "hash"]};
      case "Pin": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["pin"]}, date: CalendarDate, step: {type: "values", values: ["set", "wrong", "unlocked", "reset"]}, verifier: "PinVerifier", reason: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "step"]};
      case "Finding": return {type: "object", fields: {vaccine: VaccineCode, outcome: {type: "values", values: ["deferred", "contraindicated"]}, until: CalendarDate, reason: DictionaryCode}, required: ["vaccine", "outcome"]};
      case "Precheck": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["precheck"]}, date: CalendarDate, temperature: {type: "number", minimum: 30, maximum: 45}, unmeasured: Text, answers: {type: "object", maxProperties: 40, keys: /^[0-9A-Za-z_.-]{1,32}$/, entries: {type: "boolean"}}, findings: {type: "array", maxItems: 20, items: "Finding"}, passed: {type: "boolean"}, advice: LongText, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "passed"]};
      case "PrintedLine": return {type: "object", fields: {dose: Ulid, page: {type: "integer", minimum: 1, maximum: 60}, row: {type: "integer", minimum: 1, maximum: 60}}, required: ["dose", "page", "row"]};
      case "Printed": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["printed"]}, date: CalendarDate, edition: DictionaryCode, certificate: Text, lines: {type: "array", minItems: 1, maxItems: 100, items: "PrintedLine"}}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "edition", "lines"]};
      case "Refusal": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["refusal"]}, date: CalendarDate, vaccine: VaccineCode, reason: DictionaryCode, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "vaccine", "reason"]};
      case "Registration": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["registration"]}, date: CalendarDate, vaccines: {type: "array", maxItems: 20, items: VaccineCode}}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "vaccines"]};
      case "SameAs": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["same_as"]}, target: ChildId}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "target"]};
      case "SchoolCheck": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["school_check"]}, date: CalendarDate, school: Text, year: VaccineCode, grade: DictionaryCode, class_name: Text, certificate: {type: "boolean"}, result: {type: "values", values: ["complete", "catch-up", "exempt", "no-certificate"]}, missing: {type: "array", maxItems: 40, items: DictionaryCode}, rechecks: Ulid}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "school", "year", "certificate", "result"]};
      case "Stay": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["stay"]}, date: CalendarDate, since: Instant, until: Instant, minutes: {type: "integer", minimum: 30, maximum: 240}, reaction: {type: "boolean"}, reason: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date", "since", "until", "minutes", "reaction"]};
      case "Visit": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["visit"]}, date: CalendarDate, provisional: {type: "boolean"}}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "date"]};
      case "Void": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, kind: {type: "values", values: ["void"]}, target: Ulid, reason: DictionaryCode, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "kind", "target", "reason"]};
      case "ChildEvent": return {type: "union", tag: "kind", of: {aefi: "Aefi", aefi_step: "AefiStep", appointment: "Appointment", card: "Card", certificate: "Certificate", consent: "Consent", contact: "Contact", contraindication: "Contraindication", course: "Course", dose: "Dose", move: "Move", not_given: "NotGiven", not_same_as: "NotSameAs", observation: "Observation", payment: "Payment", pin: "Pin", precheck: "Precheck", printed: "Printed", refusal: "Refusal", registration: "Registration", same_as: "SameAs", school_check: "SchoolCheck", stay: "Stay", visit: "Visit", void: "Void"}};
      case "Fact_BirthWeight": return {type: "object", fields: {value: {type: "nullable", of: BirthWeight}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_CalendarDate": return {type: "object", fields: {value: {type: "nullable", of: CalendarDate}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_ChildCode": return {type: "object", fields: {value: {type: "nullable", of: ChildCode}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_DictionaryCode": return {type: "object", fields: {value: {type: "nullable", of: DictionaryCode}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_DocumentNumber": return {type: "object", fields: {value: {type: "nullable", of: DocumentNumber}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_GestationWeeks": return {type: "object", fields: {value: {type: "nullable", of: GestationWeeks}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_IdNumber": return {type: "object", fields: {value: {type: "nullable", of: IdNumber}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_LongText": return {type: "object", fields: {value: {type: "nullable", of: LongText}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_Name": return {type: "object", fields: {value: {type: "nullable", of: Name}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_Person": return {type: "object", fields: {value: {type: "nullable", of: Person}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_Phone": return {type: "object", fields: {value: {type: "nullable", of: Phone}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_Sex": return {type: "object", fields: {value: {type: "nullable", of: Sex}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_SiteCode": return {type: "object", fields: {value: {type: "nullable", of: SiteCode}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_Text": return {type: "object", fields: {value: {type: "nullable", of: Text}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Fact_TimeOfDay": return {type: "object", fields: {value: {type: "nullable", of: TimeOfDay}, at: Instant, by: UserName}, required: ["value", "at", "by"]};
      case "Facts": return {type: "object", fields: {site: "Fact_SiteCode", child_code: "Fact_ChildCode", name: "Fact_Name", sex: "Fact_Sex", birth_date: "Fact_CalendarDate", birth_weight_g: "Fact_BirthWeight", gestation_weeks: "Fact_GestationWeeks", id_number: "Fact_IdNumber", birth_certificate: "Fact_Text", birth_time: "Fact_TimeOfDay", person: "Fact_Person", document_type: "Fact_DictionaryCode", document_number: "Fact_DocumentNumber", ethnic_group: "Fact_DictionaryCode", mother_name: "Fact_Name", mother_id_number: "Fact_IdNumber", father_name: "Fact_Name", phone: "Fact_Phone", phone_2: "Fact_Phone", address: "Fact_Text", household_address: "Fact_Text", committee: "Fact_Text", household: "Fact_DictionaryCode", residence: "Fact_DictionaryCode", register_status: "Fact_DictionaryCode", mother_hbsag: "Fact_DictionaryCode", mother_hiv: "Fact_DictionaryCode", birth_hospital: "Fact_Text", school: "Fact_Text", occupation: "Fact_Text", remark: "Fact_LongText"}, required: []};
      case "Count": return {type: "object", fields: {counted: {type: "integer", minimum: 0, maximum: 1000000}, seen: {type: "array", maxItems: 5000, items: Ulid}, given: {type: "integer", minimum: 0, maximum: 1000000}}, required: ["counted", "seen", "given"]};
      case "Session": return {type: "object", fields: {part: {type: "values", values: ["am", "pm", "day"]}, capacity: {type: "integer", minimum: 0, maximum: 2000}}, required: ["part"]};
      case "ClinicDay": return {type: "object", fields: {weekdays: {type: "array", maxItems: 7, items: {type: "integer", minimum: 1, maximum: 7}}, weeks: {type: "values", values: ["every", "odd", "even"]}, nth: {type: "array", maxItems: 5, items: {type: "integer", minimum: 1, maximum: 5}}, month_days: {type: "array", maxItems: 31, items: {type: "integer", minimum: 1, maximum: 31}}, vaccine: DictionaryCode, committee: Text, sessions: {type: "array", maxItems: 3, items: "Session"}}, required: []};
      case "Committee": return {type: "object", fields: {code: {type: "string", pattern: /^[0-9]{12}$/}, name: Text}, required: ["name"]};
      case "Price": return {type: "object", fields: {item: DictionaryCode, since: CalendarDate, price_fen: {type: "integer", minimum: 0, maximum: 10000000}}, required: ["item", "since", "price_fen"]};
      case "School": return {type: "object", fields: {name: Text, kind: {type: "values", values: ["nursery", "primary", "middle"]}, phone: Text}, required: ["name", "kind"]};
      case "MappedColumn": return {type: "object", fields: {header: Text, field: ColumnField}, required: ["header", "field"]};
      case "MappedWord": return {type: "object", fields: {word: Text, vaccine: VaccineCode}, required: ["word", "vaccine"]};
      case "Undone": return {type: "object", fields: {at: Instant, by: UserName, events: Tally, facts: Tally, cases: Tally, kept_facts: Tally, kept_cases: Tally}, required: ["at", "by", "events", "facts", "cases", "kept_facts", "kept_cases"]};
      case "ScoresOf": return {type: "object", fields: {by: UserName, scores: {type: "array", minItems: 5, maxItems: 5, items: {type: "integer", minimum: 0, maximum: 100000}}}, required: ["by", "scores"]};
      case "child:": return {type: "object", fields: {type: {type: "values", values: ["child"]}, facts: "Facts", events: {type: "object", keys: /^[0-9A-HJKMNP-TV-Z]{26}$/, entries: "ChildEvent"}}, required: ["type", "facts", "events"]};
      case "stock:": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, type: {type: "values", values: ["stock"]}, kind: {type: "values", values: ["receive", "return", "issue", "waste", "count"]}, date: CalendarDate, vaccine: VaccineCode, lot: Text, expiry: CalendarDate, maker: Text, doses: {type: "integer", minimum: -1000000, maximum: 1000000}, count: "Count", doses_per_unit: {type: "integer", minimum: 1, maximum: 100}, counterpart: Text, note: LongText}, required: ["at", "by", "station", "site", "offset_ms", "app", "type", "kind", "date", "vaccine", "lot", "expiry", "maker"]};
      case "device:": return {type: "object", fields: {type: {type: "values", values: ["device"]}, site: SiteCode, name: Text, app: Text, synced_at: Instant, pending: {type: "integer", minimum: 0}, refused: {type: "integer", minimum: 0}, offset_ms: {type: "integer"}}, required: ["type", "site", "name", "app", "synced_at", "pending", "refused", "offset_ms"]};
      case "numbers:": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, type: {type: "values", values: ["numbers"]}, year: {type: "integer", minimum: 1900, maximum: 2999}, block: {type: "integer", minimum: 0, maximum: 99}}, required: ["at", "by", "station", "site", "offset_ms", "app", "type", "year", "block"]};
      case "problem:": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, type: {type: "values", values: ["problem"]}, document: Text, revision: Text, reason: LongText, resolved_at: Instant}, required: ["at", "by", "station", "site", "offset_ms", "app", "type", "document", "revision", "reason"]};
      case "reminder:": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, type: {type: "values", values: ["reminder"]}, title: Text, due: CalendarDate, only_for: UserName, closes: Ulid}, required: ["at", "by", "station", "site", "offset_ms", "app", "type"]};
      case "settings:": return {type: "object", fields: {type: {type: "values", values: ["settings"]}, site: SiteCode, schedules: {type: "array", minItems: 1, maxItems: 8, items: DictionaryCode}, parameters: {type: "object", maxProperties: 200, keys: /^[0-9A-Za-z_.-]{1,32}$/, entries: {type: "anyOf", of: [{type: "integer"}, Text, {type: "boolean"}]}}, clinic_days: {type: "array", maxItems: 100, items: "ClinicDay"}, closed_days: {type: "array", maxItems: 2000, items: CalendarDate}, open_days: {type: "array", maxItems: 2000, items: CalendarDate}, observation_minutes: {type: "integer", minimum: 30, maximum: 240}, consent: {type: "values", values: ["non-programme", "every-visit"]}, paying: {type: "boolean"}, prices: {type: "array", maxItems: 2000, items: "Price"}, committees: {type: "array", maxItems: 500, items: "Committee"}, schools: {type: "array", maxItems: 500, items: "School"}, booklet: DictionaryCode, offline_days: {type: "integer", minimum: 1, maximum: 60}, updated_at: Instant, updated_by: Text, station: Ulid}, required: ["type", "site", "schedules", "updated_at", "updated_by"]};
      case "batch:": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, type: {type: "values", values: ["batch"]}, file: Text, sha256: Digest, header: Digest, encoding: {type: "values", values: ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"]}, sheet: Text, header_row: {type: "integer", minimum: 1, maximum: 1000}, epoch: {type: "values", values: ["1900", "1904"]}, columns: {type: "array", maxItems: 400, items: "MappedColumn"}, words: {type: "array", maxItems: 1000, items: "MappedWord"}, state: {type: "values", values: ["running", "done", "stopped"]}, rows: Tally, new: Tally, matched: Tally, doubt: Tally, error: Tally, cases: Tally, events: Tally, facts: Tally, updated_at: Instant, undone: "Undone"}, required: ["at", "by", "station", "site", "offset_ms", "app", "type", "file", "sha256", "header", "state", "rows", "new", "matched", "doubt", "error", "cases", "events", "facts", "updated_at"]};
      case "rating:": return {type: "object", fields: {at: Instant, by: UserName, station: Ulid, site: SiteCode, offset_ms: {type: "nullable", of: {type: "integer"}}, app: Text, batch: Ulid, type: {type: "values", values: ["rating"]}, day: CalendarDate, given: {type: "array", maxItems: 50, items: "ScoresOf"}}, required: ["at", "by", "station", "site", "offset_ms", "app", "type", "day", "given"]};
    }
  }
  var ids = {child: /^child:[0-9A-HJKMNP-TV-Z]{26}$/, stock: /^stock:[0-9A-HJKMNP-TV-Z]{26}$/, device: /^device:[0-9A-HJKMNP-TV-Z]{26}$/, numbers: /^numbers:[0-9]{10}:[0-9]{4}:[0-9]{2}$/, problem: /^problem:[0-9A-HJKMNP-TV-Z]{26}$/, reminder: /^reminder:[0-9A-HJKMNP-TV-Z]{26}$/, settings: /^settings:[0-9]{10}$/, batch: /^batch:[0-9A-HJKMNP-TV-Z]{26}$/, rating: /^rating:[0-9]{4}-[0-9]{2}-[0-9]{2}:[0-9A-HJKMNP-TV-Z]{26}$/};
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
