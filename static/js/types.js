// @ts-check
// The shapes that the browser's code shares, for the checker and the reader.
// What the server sends is in event-types.js, generated from the Go facts.

/** @typedef {import('./event-types.js').Event} TraceEvent one fact with its place in a trace */
/** @typedef {import('./event-types.js').Kind} Kind */
/** @typedef {{decision: string, after: number, predict?: any}} Held what the server waits for; predict is the question (lookup.Prediction) */
/**
 * @template {Kind} K
 * @typedef {Extract<TraceEvent, {kind: K}>["fact"]} FactOf the fact of a kind
 */
/** @typedef {{name: string, type: string, class: string}} Question */
/** @typedef {{name: string, type: string, class: string, ttlSec: number, data: string}} Rr */
/** @typedef {{real: string, lesson: string, rate: number}} ClockReading */
/** @typedef {{name: string, addr: string, state: 'listed' | 'nameless' | 'asked' | 'answered' | 'failed' | 'lame'}} PlateServer */
/**
 * @typedef {object} Plate a box on the drawing
 * @property {string} id "device", "R1", or "zone:" and the zone in lower case
 * @property {string} role "stub", "resolver", "root", "tld", "auth"
 * @property {string} zone "" for hosts
 * @property {string} host "" for zones
 * @property {PlateServer[]} servers those asked, and the first three listed
 * @property {number} more servers listed but not shown
 * @property {boolean} known an address is known
 * @property {boolean} asked
 */
/**
 * @typedef {object} Balloon a numbered step of the drawing
 * @property {number} n from 1
 * @property {string} kind query referral answer alias nodata nxdomain truncation failure lame rejected timeout unreachable blocked cache sidewalk restart limit edited check verdict
 * @property {string} role of the sender: its hue
 * @property {string} host the device or resolver at whose side this is
 * @property {string} from plate id
 * @property {string} to plate id, the same as from where nothing is sent
 * @property {string} zone asked about, "" from the stub
 * @property {number} step of the trace's tree
 * @property {[number, number]} seqs first and last event
 * @property {number} atUs
 * @property {number} rttUs of replies; of timeouts, what was waited
 * @property {string} transport "udp", "tcp", "" where nothing is sent
 * @property {string} tagText
 * @property {string} tagKey of the word files, or "": then tagText is the tag
 * @property {number} message seq of the event with the bytes, -1 for none
 * @property {number} seq of the event that line tells
 * @property {import('./words.js').Line} line
 * @property {number[]} detail seqs of the other events
 * @property {string} outcome of a query: the kind of balloon that ended it, "" while it waits; of a cache look-up: miss hints known expired found hit; of a referral: noglue; of an answer to the device: ad where its AD bit is set; of a check: holds ends broken, or "" where it leads on; of a verdict: the verdict
 */
/**
 * @typedef {object} Row of a cache
 * @property {string} name
 * @property {string} type
 * @property {'positive' | 'nodata' | 'nxdomain' | 'failure'} kind
 * @property {Rr[]} records
 * @property {number} ttlSec
 * @property {string} storedAt lesson time, RFC 3339
 * @property {string} credibility
 * @property {{name: string, addr: string, role: string}} from
 * @property {Question} paidBy
 * @property {string} trace
 * @property {number} seq
 * @property {number} balloon
 * @property {'held' | 'new' | 'hit' | 'expired'} state
 */
/** @typedef {{cache: string, rows: Row[], opened: string}} CacheView opened: lesson time of the snapshot, "" without one */
/**
 * @typedef {object} Trusted what a trace tells of DNSSEC
 * @property {'' | 'checked' | 'unchecked'} asked what the device asked for: unchecked with CD=1, "" for nothing
 * @property {string} verdict the worst so far, "" for none
 * @property {number} balloon that says it, 0 for none
 * @property {{name: string, state: string}[]} names how far the chain goes at each; the last word counts
 */
/**
 * @typedef {object} View what a trace folds to
 * @property {string} title
 * @property {string} network
 * @property {'empty' | 'running' | 'finished'} state
 * @property {boolean} truncated
 * @property {Question | null} question
 * @property {string} outcome
 * @property {string} rcode
 * @property {Rr[]} records
 * @property {ClockReading | null} lesson
 * @property {number} startedUs
 * @property {number} elapsedUs
 * @property {{stub: number, resolver: number}} counts
 * @property {{name: string, step: number, via: string}[]} names
 * @property {Plate[]} plates
 * @property {Balloon[]} balloons
 * @property {CacheView[]} caches
 * @property {{zone: string, parent: string, plate: string, step: number}[]} zones
 * @property {Trusted | null} dnssec null where no fact is about it
 */
/** @typedef {{now(): number, lesson: number, real: number, at: number, rate: number, known: boolean}} LessonClock now(): ms since 1970 of lesson time */
/**
 * @typedef {object} Context what surrounds a view
 * @property {import('./words.js').Words} words
 * @property {string} lang
 * @property {'light' | 'dark'} theme
 * @property {boolean} projector
 * @property {View} full all events so far
 * @property {(n: number) => View} viewAt the view once balloon n has landed
 * @property {import('./story.js').StoryState} story
 * @property {import('./story.js').Stop[]} stops
 * @property {TraceEvent[]} events by seq
 * @property {string} trace
 * @property {boolean} ended no more events will come
 * @property {Held | null} held the server holds the rest back
 * @property {boolean} recorded no room of this server has this trace
 * @property {any} room the last room frame, or null
 * @property {LessonClock} clock of the room; known is false before the first room frame
 * @property {number} heardAt performance.now() when events last came
 * @property {boolean} atEnd everything is played: caches show what the room holds now
 * @property {{state: import('./feed.js').Connection, attempt: number, retryAt: number}} connection retryAt: performance.now(), 0 for none
 * @property {{name: string, type: string, since: number} | null} asking a lookup of ours that runs; since: performance.now()
 * @property {{command: string, code: string, field: string, params: Record<string, string>, text: string} | null} error of the last command
 * @property {Record<number, string>} refs grid reference of each balloon, as net-drawing laid it out
 * @property {string} field of the current message, as the address names it; "" for none
 * @property {number} limitedUntil performance.now() before which the server takes no lookup
 */

export {};
