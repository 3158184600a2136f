package lookup

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words are the texts of one language, by key. They are read from the same
// files as the browser reads, and filled in by the same rules
// (static/js/words.js); testdata/words.json holds the two together.
// A Words is immutable and safe for concurrent use.
//
// A text may have blanks: {x} is a value as it is; {x:ms} microseconds;
// {x:duration} and {x:clock} seconds; {x:plural:query:queries} a counted noun;
// {x:은는}, {x:이가}, {x:을를}, {x:과와}, {x:으로로} a value with the Korean
// particle that fits its last sound; {{ and }} are braces. The blanks {host} and
// {cache} say "device" and "browser" in words: they are the learner's own.
type Words struct {
	lang  string
	texts map[string]string
}

// ParseWords reads a word file: a flat JSON object.
func ParseWords(lang string, file []byte) (*Words, error) {
	texts := map[string]string{}
	if err := json.Unmarshal(file, &texts); err != nil {
		return nil, fmt.Errorf("words %s: %w", lang, err)
	}
	return &Words{lang: lang, texts: texts}, nil
}

// Lang is the language as a BCP 47 tag: "en" or "ko".
func (w *Words) Lang() string { return w.lang }

// Keys lists all keys in order.
func (w *Words) Keys() []string {
	keys := make([]string, 0, len(w.texts))
	for k := range w.texts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Text is the text of a key as the file has it, its blanks open; "" for none.
func (w *Words) Text(key string) string { return w.texts[key] }

// Has reports whether there is a text for key.
func (w *Words) Has(key string) bool { _, ok := w.texts[key]; return ok }

// Say is the text of key with its blanks filled by pairs of name and value. A
// missing text shows as its key, a missing value as its blank, so that neither
// goes unnoticed.
func (w *Words) Say(key string, pairs ...string) string {
	text, ok := w.texts[key]
	if !ok {
		return key
	}
	if !strings.ContainsAny(text, "{}") {
		return text
	}
	return w.fill(text, func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	})
}

// Line is the sentence that tells a fact.
func (w *Words) Line(l Line) string { return w.With("line."+l.Key, l.Params) }

// With is Say with the values in a map.
func (w *Words) With(key string, params map[string]string) string {
	text, ok := w.texts[key]
	if !ok {
		return key
	}
	return w.fill(text, func(name string) (string, bool) { v, ok := params[name]; return v, ok })
}

func (w *Words) fill(text string, value func(string) (string, bool)) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			b.WriteByte(c)
			i++
		case c == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				b.WriteString(text[i:])
				return b.String()
			}
			blank := text[i+1 : i+end]
			name, form, _ := strings.Cut(blank, ":")
			if v, ok := value(name); ok {
				b.WriteString(w.format(w.host(name, v, i == 0), form))
			} else {
				b.WriteString("{" + blank + "}")
			}
			i += end
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// host is what a host is called: the device and its browser have names in each
// language, two where a sentence begins with a capital; R1 and R2 are called that.
func (w *Words) host(blank, v string, start bool) string {
	if v != "device" && v != "browser" || blank != "host" && blank != "cache" {
		return v
	}
	key := "host." + v
	if start {
		key += ".start"
	}
	if text, ok := w.texts[key]; ok {
		return text
	}
	return v
}

func (w *Words) format(v, form string) string {
	kind, rest, _ := strings.Cut(form, ":")
	switch kind {
	case "":
		return v
	case "ms", "duration", "clock":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return v
		}
		switch kind {
		case "ms":
			return w.Micros(n)
		case "clock":
			return w.Clock(n)
		}
		return w.Duration(n)
	case "plural":
		one, many, _ := strings.Cut(rest, ":")
		if v == "1" {
			return v + " " + one
		}
		return v + " " + many
	}
	return v + particle(v, kind)
}

// Micros shows microseconds as a person reads them: "8.8 ms", "812 ms",
// "1.2 s".
func (w *Words) Micros(us int64) string {
	switch {
	case us < 99_950:
		return strconv.FormatFloat(float64((us+50)/100)/10, 'f', 1, 64) + " ms"
	case us < 999_500:
		return strconv.FormatInt((us+500)/1000, 10) + " ms"
	}
	s := strconv.FormatFloat(float64((us+50_000)/100_000)/10, 'f', 1, 64)
	if w.lang == "ko" {
		return s + "초"
	}
	return s + " s"
}

type unit struct {
	size          int64
	one, many, ko string
}

var units = []unit{{86400, " day", " days", "일"}, {3600, " h", " h", "시간"}, {60, " min", " min", "분"}, {1, " s", " s", "초"}}

// Duration shows seconds in their two largest units, those that are zero left
// out: "5 min", "1 h 30 min", "2 days". Days begin at 48 hours.
func (w *Words) Duration(sec int64) string {
	sec = max(sec, 0)
	from := 0
	if sec < 48*3600 {
		from = 1
	}
	for from < 3 && sec < units[from].size {
		from++
	}
	var parts []string
	for i := from; i < len(units) && i < from+2; i++ {
		n := sec / units[i].size
		sec %= units[i].size
		if n == 0 && !(i == 3 && len(parts) == 0) {
			continue
		}
		parts = append(parts, w.unit(n, units[i]))
	}
	return strings.Join(parts, " ")
}

func (w *Words) unit(n int64, u unit) string {
	s := strconv.FormatInt(n, 10)
	switch {
	case w.lang == "ko":
		return s + u.ko
	case n == 1:
		return s + u.one
	}
	return s + u.many
}

// Clock shows seconds that are counting down: "4:40" below two hours, then
// hours and minutes, then days.
func (w *Words) Clock(sec int64) string {
	sec = max(sec, 0)
	switch {
	case sec < 2*3600:
		return fmt.Sprintf("%d:%02d", sec/60, sec%60)
	case sec < 48*3600:
		if w.lang == "ko" {
			return fmt.Sprintf("%d시간 %d분", sec/3600, sec%3600/60)
		}
		return fmt.Sprintf("%d h %02d min", sec/3600, sec%3600/60)
	}
	return w.unit(sec/86400, units[0])
}

// particle is the Korean particle of the pair that fits the last sound of v.
// A pair names the form after a final consonant first.
func particle(v, pair string) string {
	var with, without string
	switch pair {
	case "은는":
		with, without = "은", "는"
	case "이가":
		with, without = "이", "가"
	case "을를":
		with, without = "을", "를"
	case "과와":
		with, without = "과", "와"
	case "으로로":
		with, without = "으로", "로"
	default:
		return ""
	}
	final, rieul := lastSound(v)
	if final && !(rieul && pair == "으로로") {
		return with
	}
	return without
}

// lastSound reports whether v, read aloud in Korean, ends in a consonant, and
// whether that is ㄹ. Latin letters and digits are read by their names.
func lastSound(v string) (final, rieul bool) {
	v = strings.TrimRightFunc(v, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' })
	r, _ := utf8.DecodeLastRuneInString(v)
	switch {
	case r == '.':
		return true, false // 점
	case r >= 0xac00 && r <= 0xd7a3:
		jong := (r - 0xac00) % 28
		return jong != 0, jong == 8
	}
	switch unicode.ToLower(r) {
	case 'l', 'r', '1', '7', '8':
		return true, true // 엘, 알, 일, 칠, 팔
	case 'm', 'n', '0', '3', '6':
		return true, false // 엠, 엔, 영, 삼, 육
	}
	return false, false
}
