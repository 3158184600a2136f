// @ts-check
// A small real internet in network namespaces, for the page with -net: NSD on
// public-looking addresses, the program beside it, and a way from here to its
// page. Nothing leaves this machine.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';

const binary = fileURLToPath(new URL('../out/rootwalk', import.meta.url));
const nsd = ['/usr/sbin/nsd', '/usr/bin/nsd'].find(existsSync);

/** Why there can be no such world here, or false. */
export function noWorld() {
  if (process.getuid?.() !== 0) return 'network namespaces need root\'s rights';
  if (!nsd) return 'nsd is not installed';
  try {
    execFileSync('ip', ['netns', 'add', 'rwtry']);
    execFileSync('ip', ['netns', 'del', 'rwtry']);
  } catch {
    return 'no network namespaces here';
  }
  return false;
}

const long = Array.from({ length: 16 }, () => `"${'a long text that does not fit '.repeat(8)}"`).join(' ');

/** Zones by name. What is sent to the server of silent.test disappears. */
const zones = {
  '.': '@ 3600 SOA a.root. h. 1 7200 900 1209600 300\n@ 3600 NS a.root.\na.root. 3600 A 193.108.88.1\na.root. 3600 AAAA 2600:1480:7::1\ntest. 3600 NS a.nic.test.\na.nic.test. 3600 A 193.108.88.50\na.nic.test. 3600 AAAA 2600:1480:7::50\n',
  'test.': `@ 3600 SOA a.nic h 1 7200 900 1209600 300
@ 3600 NS a.nic
a.nic 3600 A 193.108.88.50
a.nic 3600 AAAA 2600:1480:7::50
good 3600 NS ns.good
ns.good 3600 A 193.108.91.41
evil 3600 NS ns.evil
ns.evil 3600 A 169.254.169.254
silent 3600 NS ns.silent
ns.silent 3600 A 193.108.91.60
`,
  'good.test.': `@ 3600 SOA ns h 1 7200 900 1209600 300\n@ 3600 NS ns\nns 3600 A 193.108.91.41\nwww 300 A 193.108.91.10\nlong 300 TXT ${long}\n`,
};
/** Which server has which. */
const servers = [
  { addresses: ['193.108.88.1', '2600:1480:7::1'], zones: ['.'] },
  { addresses: ['193.108.88.50', '2600:1480:7::50'], zones: ['test.'] },
  { addresses: ['193.108.91.41'], zones: ['good.test.'] },
];

/** @param {string[]} args */
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** Makes the world and starts its name servers. */
export async function startWorld() {
  const id = process.pid, [world, house, room] = ['w', 'h', 'n'].map(x => `rw${id}${x}`), third = 16 + id % 200;
  const dir = mkdtempSync(join(tmpdir(), 'rootwalk-world-'));
  /** @type {(() => unknown)[]} */ const undo = [() => rmSync(dir, { recursive: true })];
  for (const ns of [world, house, room]) {
    ip('netns', 'add', ns);
    undo.push(() => ip('netns', 'del', ns));
    ip('-n', ns, 'link', 'set', 'lo', 'up');
  }
  const wire = (/** @type {string} */ ns, /** @type {string} */ dev, /** @type {string[]} */ ...addrs) => {
    for (const a of addrs.flat()) ip('-n', ns, 'addr', 'add', a, 'dev', dev, ...(a.includes(':') ? ['nodad'] : []));
    ip('-n', ns, 'link', 'set', dev, 'up');
  };
  ip('-n', house, 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'in', 'netns', world);
  wire(world, 'in', ['185.12.64.1/24', '2a02:2d8:0:64::1/64']);
  wire(house, 'out', ['185.12.64.2/24', '2a02:2d8:0:64::2/64']);
  for (const a of servers.flatMap(s => s.addresses)) ip('-n', world, 'addr', 'add', `${a}/${a.includes(':') ? 128 : 32}`, 'dev', 'lo');
  ip('-n', world, 'route', 'add', 'blackhole', '193.108.91.60/32');
  ip('-n', house, 'route', 'add', 'default', 'via', '185.12.64.1');
  ip('-n', house, 'route', 'add', 'default', 'via', 'inet6', '2a02:2d8:0:64::1');
  // The way from here to the pages: each house has a link of its own.
  for (const [i, ns] of [house, room].entries()) {
    ip('link', 'add', `${ns}l`, 'type', 'veth', 'peer', 'name', 'page', 'netns', ns);
    undo.push(() => { try { ip('link', 'del', `${ns}l`); } catch { /* it went with its namespace */ } });
    ip('addr', 'add', `192.168.${third}.${i * 4 + 2}/30`, 'dev', `${ns}l`);
    ip('link', 'set', `${ns}l`, 'up');
    wire(ns, 'page', [`192.168.${third}.${i * 4 + 1}/30`]);
  }
  for (const [i, s] of servers.entries()) {
    const conf = [`server:\n server-count: 1\n username: ""\n zonesdir: "${dir}"\n database: ""\n pidfile: ""\n xfrdir: "${dir}"\n xfrdfile: "${dir}/xfrd${i}"\n zonelistfile: "${dir}/list${i}"\n rrl-ratelimit: 0\n${s.addresses.map(a => ` ip-address: ${a}\n`).join('')}remote-control:\n control-enable: no\n`];
    for (const name of s.zones) {
      writeFileSync(join(dir, `zone${name}`), `$ORIGIN ${name}\n${zones[/** @type {keyof typeof zones} */ (name)]}`);
      conf.push(`zone:\n name: "${name}"\n zonefile: "zone${name}"\n`);
    }
    writeFileSync(join(dir, `nsd${i}.conf`), conf.join(''));
    const server = spawn('ip', ['netns', 'exec', world, String(nsd), '-d', '-c', join(dir, `nsd${i}.conf`)], { stdio: 'ignore' });
    undo.push(async () => { server.kill('SIGTERM'); await once(server, 'exit'); });
  }
  writeFileSync(join(dir, 'hints'), '. 3600 NS a.root.\na.root. 3600 A 193.108.88.1\na.root. 3600 AAAA 2600:1480:7::1\n');

  return {
    /**
     * Starts the program there, or where nothing can be reached.
     * @param {boolean} closed @param {string[]} args
     */
    async program(closed, ...args) {
      const child = spawn('ip', ['netns', 'exec', closed ? room : house, binary, 'serve', '-addr', `192.168.${third}.${closed ? 5 : 1}:8080`, '-seed', '1', '-root-hints', join(dir, 'hints'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [url] = await once(createInterface({ input: child.stdout }), 'line');
      return {
        url: String(url).replace(/\/$/, ''),
        async stop() {
          child.kill('SIGTERM');
          const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
          assert.equal(code, 0, 'exit status after SIGTERM');
        },
      };
    },
    async stop() { for (const u of undo.reverse()) await u(); },
  };
}
