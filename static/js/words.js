// @ts-check
// Words are the texts of one language, by key, from the same files as the
// server reads. Blanks are filled by the same rules as in lookup/words.go;
// lookup/testdata/words.json holds the two together.

/** @typedef {{key: string, params: Record<string, string>}} Line */
/** @typedef {Record<string, string | number>} Params */

/** @type {[size: number, one: string, many: string, ko: string][]} */
const UNITS = [[86400, ' day', ' days', '일'], [3600, ' h', ' h', '시간'], [60, ' min', ' min', '분'], [1, ' s', ' s', '초']];

/** The two forms of each particle, the one after a final consonant first. */
const PARTICLES = /** @type {Record<string, [string, string]>} */ ({
  '은는': ['은', '는'], '이가': ['이', '가'], '을를': ['을', '를'], '과와': ['과', '와'], '으로로': ['으로', '로'],
});

export class Words {
  /**
   * @param {string} lang BCP 47 tag: "en" or "ko"
   * @param {Record<string, string>} texts
   */
  constructor(lang, texts) {
    this.lang = lang;
    /** @private */ this.texts = texts;
  }

  /** @param {string} key */
  has(key) { return Object.hasOwn(this.texts, key); }

  /**
   * The text of key with its blanks filled. A missing text shows as its key, a
   * missing value as its blank, so that neither goes unnoticed.
   * @param {string} key
   * @param {Params} [params]
   */
  say(key, params) {
    if (!this.has(key)) return key;
    const text = this.texts[key];
    return /[{}]/.test(text) ? this.fill(text, params ?? {}) : text;
  }

  /** All texts of a family, by key. @param {string} prefix @returns {Record<string, string>} */
  family(prefix) { return Object.fromEntries(Object.entries(this.texts).filter(([key]) => key.startsWith(prefix))); }

  /**
   * The first of several keys that has a text: variants before the plain one.
   * @param {string[]} keys
   * @param {Params} [params]
   */
  first(keys, params) { return this.say(keys.find(k => this.has(k)) ?? keys[keys.length - 1], params); }

  /** The sentence that tells a fact. @param {Line} l */
  line(l) { return this.say('line.' + l.key, l.params); }

  /**
   * @param {string} text
   * @param {Params} params
   */
  fill(text, params) {
    let out = '';
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if ((c === '{' || c === '}') && text[i + 1] === c) { out += c; i++; continue; }
      if (c !== '{') { out += c; continue; }
      const end = text.indexOf('}', i);
      if (end < 0) return out + text.slice(i);
      const blank = text.slice(i + 1, end), colon = blank.indexOf(':');
      const name = colon < 0 ? blank : blank.slice(0, colon);
      out += Object.hasOwn(params, name) ? this.format(this.host(name, String(params[name]), i === 0), colon < 0 ? '' : blank.slice(colon + 1)) : `{${blank}}`;
      i = end;
    }
    return out;
  }

  /**
   * What a host is called: device and browser have names in each language, two where a
   * sentence begins with a capital; R1 and R2 are called that.
   * @private @param {string} blank @param {string} v @param {boolean} start
   */
  host(blank, v, start) {
    if ((v !== 'device' && v !== 'browser') || (blank !== 'host' && blank !== 'cache')) return v;
    const key = `host.${v}${start ? '.start' : ''}`;
    return this.has(key) ? this.texts[key] : v;
  }

  /**
   * @param {string} v
   * @param {string} form
   */
  format(v, form) {
    const [kind, one = '', many = ''] = form.split(':');
    switch (kind) {
      case '': return v;
      case 'ms': case 'duration': case 'clock': {
        if (!/^[+-]?\d+$/.test(v)) return v;
        const n = Number(v);
        return kind === 'ms' ? this.micros(n) : kind === 'clock' ? this.clock(n) : this.duration(n);
      }
      case 'plural': return v + ' ' + (v === '1' ? one : many);
    }
    return v + particle(v, kind);
  }

  /** Microseconds as a person reads them: "8.8 ms", "812 ms", "1.2 s". @param {number} us */
  micros(us) {
    if (us < 99_950) return (Math.trunc((us + 50) / 100) / 10).toFixed(1) + ' ms';
    if (us < 999_500) return Math.trunc((us + 500) / 1000) + ' ms';
    return (Math.trunc((us + 50_000) / 100_000) / 10).toFixed(1) + (this.lang === 'ko' ? '초' : ' s');
  }

  /** Seconds in their two largest units, zero ones left out; days from 48 h. @param {number} sec */
  duration(sec) {
    sec = Math.max(sec, 0);
    let from = sec < 48 * 3600 ? 1 : 0;
    while (from < 3 && sec < UNITS[from][0]) from++;
    const parts = [];
    for (let i = from; i < UNITS.length && i < from + 2; i++) {
      const n = Math.trunc(sec / UNITS[i][0]);
      sec %= UNITS[i][0];
      if (n === 0 && !(i === 3 && parts.length === 0)) continue;
      parts.push(this.unit(n, i));
    }
    return parts.join(' ');
  }

  /** @private @param {number} n @param {number} i */
  unit(n, i) { return n + UNITS[i][this.lang === 'ko' ? 3 : n === 1 ? 1 : 2]; }

  /** Seconds that count down: "4:40" below two hours, then hours, then days. @param {number} sec */
  clock(sec) {
    sec = Math.max(sec, 0);
    const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
    if (sec < 2 * 3600) return `${Math.trunc(sec / 60)}:${two(sec % 60)}`;
    if (sec >= 48 * 3600) return this.unit(Math.trunc(sec / 86400), 0);
    const h = Math.trunc(sec / 3600), m = Math.trunc(sec % 3600 / 60);
    return this.lang === 'ko' ? `${h}시간 ${m}분` : `${h} h ${two(m)} min`;
  }
}

/**
 * The Korean particle of the pair that fits the last sound of v.
 * @param {string} v
 * @param {string} pair
 */
export function particle(v, pair) {
  if (!Object.hasOwn(PARTICLES, pair)) return '';
  const [after, open] = PARTICLES[pair], [final, rieul] = lastSound(v);
  return final && !(rieul && pair === '으로로') ? after : open;
}

/**
 * Whether v, read aloud in Korean, ends in a consonant, and whether that is ㄹ.
 * Latin letters and digits are read by their names.
 * @param {string} v
 * @returns {[final: boolean, rieul: boolean]}
 */
function lastSound(v) {
  const r = [...v.replace(/[^\p{L}\p{Nd}.]+$/u, '')].pop() ?? '';
  if (r === '.') return [true, false]; // 점
  const code = r.codePointAt(0) ?? 0;
  if (code >= 0xac00 && code <= 0xd7a3) {
    const jong = (code - 0xac00) % 28;
    return [jong !== 0, jong === 8];
  }
  const low = r.toLowerCase();
  if (low && 'lr178'.includes(low)) return [true, true]; // 엘, 알, 일, 칠, 팔
  return [low !== '' && 'mn036'.includes(low), false]; // 엠, 엔, 영, 삼, 육
}
