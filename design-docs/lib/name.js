// A name in the form in which names are compared, as `miaopu.case.name` has it. Old engines know no
// compatibility forms.
function comparableName(name) {
  var text = String(name);
  if (text.normalize) { text = text.normalize('NFKC'); }
  return text.toLowerCase().replace(/[\s.'`\u00b4\u00b7\u2018\u2019\u2022\u2027\u2219\u22c5\u25cf\u30fb\u3002\-]+/g, '');
}
