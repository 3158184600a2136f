import test from 'node:test';
import assert from 'node:assert/strict';
import { checkName, checkType, printable } from '../js/names.js';

const code = typed => checkName(typed).error?.code ?? '';

test('names that are fine', () => {
  for (const typed of ['www.example.co.kr', ' www.example.co.kr. ', '.', 'a', '_dmarc.example', 'a\\.b.example', '\\065.example', 'x'.repeat(63) + '.kr', '한국。kr', 'WWW.Example', 'a@b', 'a\\\\.']) {
    assert.equal(code(typed), '', typed);
  }
});

test('what is wrong has the code of the server', () => {
  const cases = {
    '': 'name.empty', '  ': 'name.empty', '..': 'label.empty', '.a': 'label.empty', 'www..example': 'label.empty', 'a b': 'name.character', 'a\u200bb.kr': 'name.character',
    'a\u202eb': 'name.character', 'a\\': 'name.escape', 'a\\25': 'name.escape', 'a\\256': 'name.escape', [`${'x'.repeat(64)}.kr`]: 'label.long',
    [Array(65).fill('abc').join('.')]: 'name.long', ['x'.repeat(1025)]: 'name.long', '\u00ad.kr': 'name.character', 'xn--\u00e9.': 'label.idn',
  };
  for (const [typed, want] of Object.entries(cases)) assert.equal(code(typed), want, JSON.stringify(typed));
});

test('the label concerned is named', () => {
  assert.deepEqual(checkName('www..example').error?.params, { label: 'www', at: '1', size: '0' });
  assert.equal(checkName('.example').error?.params.label, '');
  assert.equal(checkName(`a.${'x'.repeat(70)}`).error?.params.size, '70');
});

test('internationalised labels become A-labels', () => {
  const c = checkName('www.한국.KR');
  assert.equal(c.idn, true);
  assert.equal(c.wire, 'www.xn--3e0b707e.KR');
  assert.deepEqual(c.labels.map(l => l.octets), [3, 12, 2]);
  assert.equal(c.octets, 1 + 4 + 13 + 3);
  assert.equal(checkName('１２３.kr').wire, '123.kr'); // fullwidth digits are no IPv4 address
});

test('octets count escapes once', () => {
  assert.deepEqual(checkName('a\\.b\\065.kr').labels.map(l => l.octets), [4, 2]);
});

test('types', () => {
  for (const [typed, want] of [['', 'A'], ['aaaa', 'AAAA'], [' mx ', 'MX'], ['type65400', 'TYPE65400'], ['TYPE1', 'TYPE1']]) assert.equal(checkType(typed).type, want);
  for (const typed of ['B', 'TYPE0', 'TYPE65536', 'TYPE', 'TYPE+1', 'A A']) assert.equal(checkType(typed).error?.code, 'type.unknown', typed);
  for (const typed of ['AXFR', 'opt', 'TYPE251', 'TYPE0041']) assert.equal(checkType(typed).error?.code, 'type.meta', typed);
  assert.equal([...checkType('x'.repeat(99)).error.params.type].length, 25);
});

test('nothing invisible is shown', () => assert.equal(printable('a\u202e\u0007b'), 'a\\u{202e}\\u{7}b'));

test('an address is asked about by its reverse name', () => {
  const cases = {
    '203.0.113.10': '10.113.0.203.in-addr.arpa', ' 192.0.2.1 ': '1.2.0.192.in-addr.arpa', '::ffff:203.0.113.10': '10.113.0.203.in-addr.arpa',
    '2001:db8::1': '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa', '[2001:DB8::1]': '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    '::': `${'0.'.repeat(32)}ip6.arpa`, '1:2:3:4:5:6:7:8': '8.0.0.0.7.0.0.0.6.0.0.0.5.0.0.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.ip6.arpa',
  };
  for (const [typed, want] of Object.entries(cases)) {
    const c = checkName(typed);
    assert.equal(c.wire, want, typed);
    assert.equal(c.address, typed.trim());
    assert.equal(c.error, null);
  }
  // a final dot makes a name of it, and so does anything else that is no address
  for (const typed of ['203.0.113.10.', '203.0.113', '203.0.113.256', '203.0.113.010', '1.2.3.4.5', 'a:b', '2001:db8::1::2', 'fe80::1%eth0', '[203.0.113.10]', 'www.example']) {
    assert.equal(checkName(typed).address, '', typed);
  }
});
