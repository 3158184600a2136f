// @ts-check
// Words of some facts are not sent with the page but with a trace that has such
// facts (static/parts.go).

const PARTS = /** @type {[string, RegExp][]} */ ([
  ['dnssec', /^(validation|anchor|digest|key|keys|signature|denial|delegation|chain)\./],
  ['errand', /^(mode|search|targets|target|race|experiment)\.|^address.reversed/],
]);

/** The families of words that events need besides the common ones. @param {{kind: string}[]} events */
export const partsOf = events => PARTS.filter(([, kinds]) => events.some(e => kinds.test(e.kind))).map(([part]) => part);
