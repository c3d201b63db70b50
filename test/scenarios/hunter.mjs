// Hunts for the daemon that started it, and writes what it found to found.json. Its words: the data
// directory, the daemon's address and process, and a text that stands in the daemon's environment.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const [data, url, daemon, canary] = process.argv.slice(2);
const found = new Set();

function look(name, hunt) {
  try {
    if (hunt()) found.add(name);
  } catch {
    // It is kept from it.
  }
}

const list = (folder) => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
const processes = list('/proc').filter((name) => /^\d+$/.test(name));

look('the canary in its own environment', () => JSON.stringify(process.env).includes(canary));
// The token of its run, which can do no more than emit, is its own.
const { SIGNALBOX_TOKEN: _, ...others } = process.env;
look('the token in its own environment', () => /TOKEN/.test(Object.keys(others).join()));
look('a file of the data directory', () => readdirSync(data).length > 0);
for (const name of ['token', 'daemon.json', 'signalbox.db', 'signalbox.db-wal', 'lock.db']) {
  look(`the file ${name}`, () => readFileSync(join(data, name)).length >= 0);
}
look(
  'a place to write in the data directory',
  () => closeSync(openSync(join(data, 'x'), 'w')) ?? 1,
);
look('the daemon by its number', () =>
  readFileSync(`/proc/${daemon}/cmdline`, 'utf8').includes('up'),
);
for (const pid of processes) {
  const proc = join('/proc', pid);
  look('the canary of a process', () => readFileSync(join(proc, 'environ')).includes(canary));
  look('a command line of the daemon', () =>
    /main\.js\0up/.test(readFileSync(join(proc, 'cmdline'))),
  );
  look('the data directory by a root', () => readdirSync(join(proc, 'root', data)).length > 0);
  for (const fd of list(join(proc, 'fd'))) {
    look('an open file of the daemon', () => readlinkSync(join(proc, 'fd', fd)).includes(data));
  }
  if (Number(pid) !== process.pid) {
    look('the memory of the daemon', () => {
      const line = readFileSync(join(proc, 'cmdline'), 'utf8');
      return line.includes('main.js\0up') && openSync(join(proc, 'mem'), 'r') > 0;
    });
  }
}

// What the kernel would let it do for itself.
const shows = (...argv) =>
  /token|signalbox\.db/.test(spawnSync(argv[0], argv.slice(1)).stdout ?? '');
const [sh, seen] = ['sh', `ls -A '${data}'`];
look('the data by unmounting', () => shows(sh, '-c', `umount '${data}'; ${seen}`));
look('the data by unmounting lazily', () => shows(sh, '-c', `umount -l '${data}'; ${seen}`));
look('the data by a namespace of its own', () =>
  shows('unshare', '-Urm', sh, '-c', `umount '${data}'; ${seen}`),
);
look('the data by a second mount', () =>
  shows('unshare', '-Urm', sh, '-c', `mount --bind '${dirname(data)}' /mnt; ls -A /mnt/*`),
);
look('the data by the namespaces of others', () =>
  processes.some((pid) => shows('nsenter', '-m', '-t', pid, sh, '-c', seen)),
);
look('the daemon by strace', () => {
  const { stderr } = spawnSync('strace', ['-p', daemon], { timeout: 1_000, encoding: 'utf8' });
  return /attached/.test(stderr ?? '');
});
for (const name of list('/dev')) {
  look(`the disk ${name}`, () => {
    if (!/^(sd|vd|nvme|dm-|loop0|zram)/.test(name)) return false;
    return readSync(openSync(join('/dev', name), 'r'), Buffer.alloc(512)) === 512;
  });
}
look('a setting of the kernel', () => openSync('/proc/sys/kernel/core_pattern', 'r+') > 0);
look('a helper of the kernel', () => openSync('/sys/kernel/uevent_helper', 'r+') > 0);
look('the key of the kernel', () => openSync('/proc/sysrq-trigger', 'w') > 0);

for (const path of ['events', 'runs', 'status', 'flows']) {
  for (const token of ['', 'x'.repeat(52)]) {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const { status } = await fetch(`${url}/api/v1/${path}`, { headers });
    if (status !== 401 && status !== 429) found.add(`an answer of the API: ${path} ${status}`);
  }
}
writeFileSync('found.json', JSON.stringify([...found]));
