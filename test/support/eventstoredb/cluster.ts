import { createFakeLog, type FakeLog } from './fake-log.ts';
import { type FakeEventStoreDb, type FakeOptions, HOST, startFakeEventStoreDb } from './server.ts';

/** Several nodes with one log. */
export type FakeCluster = {
  /** A connection string that names every node. */
  readonly url: string;
  readonly log: FakeLog;
  /** The node at an index; replaced after a restart. */
  node(index: number): FakeEventStoreDb;
  /** No node is leader or ready, until `elect`. */
  beginElection(): void;
  /** Makes this node the leader that all others follow, except those that are cut off. */
  elect(index: number): void;
  /** Cuts the leader off: it holds appends until they time out, and still considers itself the leader. */
  cutOff(index: number): void;
  /** A deposed leader stops, truncates its log to what the others have, and returns as a follower. */
  restart(index: number): Promise<void>;
  stop(): void;
};

/** The first node leads. */
export const startFakeCluster = async (
  count: number,
  { now = Date.now, ...options }: Pick<FakeOptions, 'now' | 'timers'> = {},
): Promise<FakeCluster> => {
  const log = createFakeLog(now);
  const nodes = await Promise.all(Array.from({ length: count }, () => startFakeEventStoreDb({ ...options, log })));
  const cutOff = new Set<number>();
  let leader = 0;
  const nodeAt = (index: number): FakeEventStoreDb => {
    const node = nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  };
  const elect = (index: number): void => {
    leader = index;
    const { port } = nodeAt(index);
    for (const [at, node] of nodes.entries()) {
      if (cutOff.has(at)) continue;
      node.faults.notReady = false;
      node.faults.leader = at === index ? undefined : { host: HOST, port };
      node.leadTo(port);
    }
  };
  elect(0);
  return {
    url: `esdb://${nodes.map(({ port }) => `${HOST}:${port}`).join()}?tls=false`,
    log,
    node: nodeAt,
    beginElection: () => {
      for (const [at, node] of nodes.entries()) if (!cutOff.has(at)) node.faults.notReady = true;
    },
    elect,
    cutOff: (index) => {
      cutOff.add(index);
      nodeAt(index).faults.noQuorum = true;
    },
    restart: async (index) => {
      const old = nodeAt(index);
      old.stop();
      nodes[index] = await startFakeEventStoreDb({ ...options, log, port: old.port });
      cutOff.delete(index);
      elect(leader);
    },
    stop: () => {
      for (const node of nodes) node.stop();
    },
  };
};
