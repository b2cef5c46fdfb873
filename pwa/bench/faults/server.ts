/**
 * A county's server, or a clinic's hub below it: the real program in a process of its own, with
 * everything that befalls one.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const COUNTY = '990121';
const CITY = '990100';
const PASSWORD = 'correct horse battery';
const START_MS = 90_000;

/** The code of the n-th clinic. */
export const siteCode = (n: number) => `${COUNTY}${String(n).padStart(4, '0')}`;

function plan(sites: readonly string[]): string {
  const regions = [
    `[[region]]\ncode = "${CITY}"\nname = "试验市"\nlevel = "city"\n`,
    `[[region]]\ncode = "${COUNTY}"\nname = "试验县"\nlevel = "county"\nparent = "${CITY}"\n`,
  ];
  const clinics = sites.map(
    (code) => `[[site]]\ncode = "${code}"\nname = "${code}"\nregion = "${COUNTY}"\n`,
  );
  return [...regions, ...clinics].join('\n');
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as { port: number };
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

export interface ServerAnswer {
  status: number;
  value: unknown;
}

/** The account of a clinic's hub (接种点服务器) at the county. */
export const hubAccount = (site: string) => `hub-${site}`;

export class CountyServer {
  private readonly folder: string;
  private readonly python: string;
  private readonly sites: readonly string[];
  /** The server above, when this is the hub of its only clinic. */
  private readonly above: CountyServer | null;
  private process: ChildProcess | null = null;
  private port = 0;
  private admin = '';
  private readonly cookies = new Map<string, string>();

  constructor(
    folder: string,
    python: string,
    sites: readonly string[],
    above: CountyServer | null = null,
  ) {
    this.folder = folder;
    this.python = python;
    this.sites = sites;
    this.above = above;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  cookie(account: string): string {
    return this.cookies.get(account) ?? '';
  }

  /** Makes the server and its accounts, who work at each of its clinics. */
  async create(accounts: Record<string, 'ordinary' | 'senior'>): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, 'plan.toml'), plan(this.sites));
    this.port = await freePort();
    await this.start();
    const places = this.sites.map((site) => `site:${site}`);
    for (const [name, grade] of Object.entries(accounts)) {
      await this.account(name, [...places, `grade:${grade}`]);
    }
    for (const name of Object.keys(accounts)) {
      const answer = await fetch(`${this.address}/db/_session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, password: PASSWORD }),
      });
      const cookie = answer.headers.get('set-cookie');
      await answer.arrayBuffer();
      if (!answer.ok || !cookie) throw new Error(`${name} cannot log in: ${answer.status}`);
      this.cookies.set(name, cookie.slice(0, cookie.indexOf(';')));
    }
  }

  async account(name: string, roles: readonly string[]): Promise<void> {
    const _id = `org.couchdb.user:${name}`;
    const made = await this.call('PUT', `_users/${encodeURIComponent(_id)}`, {
      _id,
      type: 'user',
      name,
      password: PASSWORD,
      display_name: name,
      roles,
    });
    if (made.status !== 201) throw new Error(`account ${name}: ${JSON.stringify(made)}`);
  }

  /** How a hub reaches the server above. */
  private environment(): Record<string, string> {
    const [site] = this.sites;
    if (!this.above || !site) return {};
    return {
      MIAOPU_PARENT_URL: this.above.address,
      MIAOPU_PARENT_USER: hubAccount(site),
      MIAOPU_PARENT_PASSWORD: PASSWORD,
    };
  }

  /** Nothing happens when it runs already. */
  async start(): Promise<void> {
    if (this.process) return;
    const log = createWriteStream(join(this.folder, 'serve.log'), { flags: 'a' });
    await new Promise((resolve) => log.once('open', resolve));
    const options = ['--data', this.data, '--port', String(this.port)];
    const child = spawn(
      this.python,
      [
        '-c',
        'from miaopu.cli import main; main()',
        'serve',
        ...options,
        '--config',
        join(this.folder, 'plan.toml'),
      ],
      { stdio: ['ignore', 'pipe', log], env: { ...process.env, ...this.environment() } },
    );
    this.process = child;
    const ended = new Promise<string>((resolve) => child.once('exit', () => resolve('ended')));
    const line = new Promise<string>((resolve) =>
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve),
    );
    const said = await Promise.race([line, ended]);
    if (!said.includes('http://')) {
      const text = await readFile(join(this.folder, 'serve.log'), 'utf8');
      throw new Error(`the server did not start:\n${text.slice(-2000)}`);
    }
    child.stdout?.resume();
    const secrets = JSON.parse(await readFile(join(this.data, 'secrets.json'), 'utf8'));
    const pair = `miaopu-admin:${secrets.admin_password}`;
    this.admin = `Basic ${Buffer.from(pair).toString('base64')}`;
    const end = Date.now() + START_MS;
    for (;;) {
      const answer = await fetch(`${this.address}/api/health`).catch(() => null);
      const health = answer ? ((await answer.json()) as { provisioned: boolean }) : null;
      // What is set up again at every start does not keep tablets waiting.
      if (health && (health.provisioned || this.cookies.size)) return;
      if (Date.now() > end) throw new Error('the server was not ready in time');
      await pause(50);
    }
  }

  /** As a power cut ends it. */
  async kill(): Promise<void> {
    const { process: child } = this;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    const { process: child } = this;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(timer);
  }

  /** A copy of the disk at one moment. */
  async backup(): Promise<void> {
    this.process?.kill('SIGSTOP');
    try {
      await rm(join(this.folder, 'backup'), { recursive: true, force: true });
      await cp(this.data, join(this.folder, 'backup'), { recursive: true });
    } finally {
      this.process?.kill('SIGCONT');
    }
  }

  /** The disk is lost, the copy takes its place. */
  async restore(): Promise<void> {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
    await cp(join(this.folder, 'backup'), this.data, { recursive: true });
    await this.start();
  }

  /** The disk takes nothing any more, or again: no file of the server may grow beyond a page. */
  async full(is: boolean): Promise<void> {
    const pid = this.process?.pid;
    if (pid === undefined) return;
    const limit = is ? '4096' : 'unlimited';
    await run('prlimit', ['--pid', String(pid), `--fsize=${limit}:unlimited`]);
  }

  /** How far the databases of these clinics have come; the same text when nothing has arrived. */
  async sequences(sites: readonly string[]): Promise<string> {
    const answers = await Promise.all(sites.map((site) => this.call('GET', `site-${site}`)));
    return answers
      .map(({ value }) => String((value as { update_seq: unknown }).update_seq))
      .join(' ');
  }

  /** A request of the administrator below `/db/`. */
  async call(method: string, path: string, body?: unknown): Promise<ServerAnswer> {
    const answer = await fetch(`${this.address}/db/${path}`, {
      method,
      headers: { authorization: this.admin, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, value: await answer.json() };
  }
}
