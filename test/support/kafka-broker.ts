import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

export type Broker = {
  readonly brokers: readonly string[];
  /** Ends it with SIGKILL; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
};

/** As pom.xml names it. */
const VERSION = '4.3.1';
const LIBS = path.resolve('.cache/kafka', VERSION);
const POM = path.join(import.meta.dirname, 'pom.xml');
const START_MS = 240_000;
const run = promisify(execFile);

type BrokerOptions = { readonly port?: number } & Partial<Progress>;
/** Reports progress line by line. */
type Progress = { readonly say: (line: string) => void };

/** A real Kafka of one node on loopback. Needs Java 17 and, the first time, Maven: 45 jars, 44 MB, kept in .cache. */
export const startBroker = async ({ port: requested, say = () => {} }: BrokerOptions = {}): Promise<Broker> => {
  await resolveJars({ say });
  say('Starting Kafka …');
  const folder = await mkdtemp(path.join(tmpdir(), 'carillon-kafka-'));
  const [port, controller] = [requested ?? (await freePort()), await freePort()];
  const config = path.join(folder, 'server.properties');
  await writeFile(config, properties({ port, controller, data: path.join(folder, 'data') }));
  // An id that begins with a dash would be parsed as an option.
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  await run('java', [...CLASSPATH, 'kafka.tools.StorageTool', 'format', '--cluster-id', id, '--config', config]);

  const logFile = path.join(folder, 'broker.log');
  const output = await open(logFile, 'a');
  let child: ChildProcess | undefined;
  const atExit = () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', atExit);

  const restart = async () => {
    const started = spawn('java', [...JVM, ...CLASSPATH, 'kafka.Kafka', config], {
      stdio: ['ignore', output.fd, output.fd],
    });
    child = started;
    if (await opens(port, { started, withinMs: START_MS })) return;
    throw new Error(`Kafka did not open port ${port}:\n${(await readFile(logFile, 'utf8')).slice(-4_000)}`);
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const stop = async () => {
    await kill();
    process.removeListener('exit', atExit);
    await output.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await restart();
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers: [`127.0.0.1:${port}`], kill, restart, stop };
};

const JVM = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
const CLASSPATH = ['-cp', `${LIBS}/*`];

let resolving: Promise<void> | undefined;

/**
 * Downloads Kafka with Maven, if it is missing.
 * @throws Error that states what to do if Maven reaches no repository
 */
export const resolveJars = ({ say }: Progress = { say: () => {} }): Promise<void> => {
  resolving ??= fetchJars({ say });
  return resolving;
};

/** Several processes may download simultaneously: each into its own folder, which is renamed when it is complete. */
const fetchJars = async ({ say }: Progress): Promise<void> => {
  if (existsSync(LIBS)) return;
  say('Fetching Kafka with Maven, once: 45 jars, 44 MB …');
  const fetched = `${LIBS}-${process.pid}`;
  const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${fetched}`, '-DincludeScope=runtime'];
  const maven = spawn('mvn', ['-B', ...ONE_DOWNLOADS, '-f', POM, ...copy], { stdio: ['ignore', 'pipe', 'inherit'] });
  const errors: string[] = [];
  createInterface({ input: maven.stdout }).on('line', (line) => {
    const [, jar] = /Downloaded from \S+ \S*[/](\S+[.]jar \([^)]+\))/.exec(line) ?? [];
    if (jar !== undefined) say(`  ${jar}`);
    if (line.startsWith('[ERROR]')) errors.push(line);
  });
  const [code] = await once(maven, 'close');
  try {
    if (code === 0) await rename(fetched, LIBS);
  } catch (error) {
    if (!existsSync(LIBS)) throw error;
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
  if (code === 0) return;
  throw new Error(
    `Maven could not fetch Kafka: name a repository that it reaches in ~/.m2/settings.xml, or a broker in KAFKA_BROKERS. It said: ${errors[0]}`,
  );
};

/** The repository in the home folder is shared by all processes: a download locks its file. */
const ONE_DOWNLOADS = [
  '-Daether.syncContext.named.factory=file-lock',
  '-Daether.syncContext.named.nameMapper=file-gav',
];

/** One node needs one replica of everything; few partitions start faster, and a new group need not wait for others. */
const properties = ({ port, controller, data }: { port: number; controller: number; data: string }) => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
`;

type Opening = { readonly started: ChildProcess; readonly withinMs: number };

/** Another process's port can't be awaited but by trying. */
const opens = async (port: number, { started, withinMs }: Opening): Promise<boolean> => {
  const deadlineMs = performance.now() + withinMs;
  while (performance.now() < deadlineMs && started.exitCode === null) {
    if (await isOpen(port)) return true;
    await delay(100);
  }
  return false;
};

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
