import { randomUUID } from 'node:crypto';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import * as grpc from '@grpc/grpc-js';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import type { Pair } from '../certificates.ts';
import { type AppendService, batchAppend, type CallCounts, troubleFor, unaryAppend } from './append-service.ts';
import { createFakeLog, type FakeLog, systemEvent } from './fake-log.ts';
import { type Faults, noFaults } from './faults.ts';
import { type ReadCall, read } from './read-service.ts';
import { nameIn, plainTrouble, streamDeleted, uuidOf } from './wire.ts';

/**
 * EventStoreDB in memory, over real gRPC with the client's own generated stubs: one node, the leader, without users, and
 * with TLS only if it has a certificate. It continues revisions after soft deletes, keeps tombstones permanently,
 * recognizes repeated appends by their ids at their place, honors `$tb` and `$maxCount` on reads, and removes what they
 * hide from `$all` only when it is scavenged.
 *
 * It drops the repeat of an append that is not replicated yet, rejects a position in `$all` without a record, and reports
 * errors inside responses to appends like servers do. Faults are in `faults.ts`; cluster.ts creates several nodes that
 * elect a leader.
 *
 * Not supported: chunks (a scavenge affects every event immediately), `$maxAge`, ACLs and users, projections and links,
 * persistent subscriptions, explicit transactions, subscriptions to a stream from a revision, checkpoints while a
 * filtered search is live and idle, and persistence. For appends that expect `any`, ids are searched in the whole
 * stream; the server has a bounded cache. The behavior was observed on servers of 23.10.8 and 24.10.5, but not compared
 * event by event.
 */
export type FakeEventStoreDb = {
  /** A connection string. */
  readonly url: string;
  readonly port: number;
  readonly log: FakeLog;
  readonly faults: Faults;
  /** Number of received calls of each kind, which equals the round trips if each waits for the previous one. */
  readonly counts: Readonly<CallCounts>;
  /** Start position of each subscription, in order. */
  readonly startsAfter: readonly bigint[];
  /** How many are open. */
  openSubscriptions(): number;
  openBatches(): number;
  /** Number of requests for the leader. */
  gossips(): number;
  /** From now on names the node at this port as leader. */
  leadTo(port: number): void;
  /** The other nodes are reachable again: held appends are replicated, including those that were reported as timed out. */
  gainQuorum(): void;
  /** Events of the server itself, as a running one writes them all the time. */
  writeSystemEvents(count: number): void;
  /** Ends all open streams with this status, as a node that goes away does. */
  dropStreams(code?: grpc.status): void;
  stop(): void;
};

export type FakeOptions = {
  readonly port?: number;
  /** Epoch milliseconds; default: the clock of the machine. */
  readonly now?: () => number;
  /** If false, the server reports, like old ones, that it has no batch appends. */
  readonly batchAppends?: boolean;
  /** Of the server's own time-outs; default: those of Node. */
  readonly timers?: AppendService['timers'];
  /** Default: one of its own. */
  readonly log?: FakeLog;
  /** Its certificate; without one it speaks no TLS. */
  readonly tls?: Pair;
};

export const HOST = '127.0.0.1';
const credentialsOf = (tls: Pair | undefined): grpc.ServerCredentials => {
  if (tls === undefined) return grpc.ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) };
  return grpc.ServerCredentials.createSsl(null, [pair]);
};
const nodeTimers: Pick<Runtime['timers'], 'after'> = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

export const startFakeEventStoreDb = async ({
  port: requested = 0,
  now = Date.now,
  batchAppends = true,
  timers = nodeTimers,
  log = createFakeLog(now),
  tls,
}: FakeOptions = {}): Promise<FakeEventStoreDb> => {
  const faults = noFaults();
  const subscriptions = new Set<ReadCall>();
  const startsAfter: bigint[] = [];
  const batches: AppendService['calls'] = new Set();
  const held: AppendService['held'] = new Map();
  const counts: CallCounts = { append: 0, read: 0, subscribe: 0 };
  let gossips = 0;
  let leader = 0;
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 17 * 1_048_576 });

  server.addService(StreamsService, {
    read: read({ log, faults, timers, counts, subscriptions, startsAfter }),
    append: unaryAppend({ log, faults, timers, counts }),
    batchAppend: batchAppend({ log, faults, timers, counts, calls: batches, held }),
    delete: (call: grpc.ServerUnaryCall<DeleteReq, DeleteResp>, result: grpc.sendUnaryData<DeleteResp>) => {
      log.softDelete(nameIn(call.request.getOptions()?.getStreamIdentifier()));
      const response = new streams.DeleteResp();
      response.setNoPosition(new shared.Empty());
      result(null, response);
    },
    tombstone: (call: grpc.ServerUnaryCall<TombstoneReq, TombstoneResp>, result: grpc.sendUnaryData<TombstoneResp>) => {
      const trouble = troubleFor(faults, call, { kind: 'append' });
      if (trouble !== undefined) return result(trouble);
      const stream = nameIn(call.request.getOptions()?.getStreamIdentifier());
      if (log.tombstone(stream).kind === 'deleted') return result(streamDeleted(stream));
      const response = new streams.TombstoneResp();
      response.setNoPosition(new shared.Empty());
      result(null, response);
    },
  });
  server.addService(ServerFeaturesService, {
    getSupportedMethods: (_: unknown, response: grpc.sendUnaryData<InstanceType<typeof features.SupportedMethods>>) =>
      response(null, supported(batchAppends)),
  });
  server.addService(GossipService, {
    read: (_: unknown, response: grpc.sendUnaryData<InstanceType<typeof gossip.ClusterInfo>>) => {
      gossips += 1;
      response(null, cluster(leader));
    },
  });

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${HOST}:${requested}`, credentialsOf(tls), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  leader = port;
  return {
    url: `esdb://${HOST}:${port}?tls=${tls !== undefined}`,
    port,
    log,
    faults,
    counts,
    startsAfter,
    openSubscriptions: () => subscriptions.size,
    openBatches: () => batches.size,
    gossips: () => gossips,
    leadTo: (other) => {
      leader = other;
    },
    gainQuorum: () => {
      faults.noQuorum = false;
      for (const make of held.values()) make();
      held.clear();
    },
    writeSystemEvents: (count) => {
      const events = Array.from({ length: count }, () => systemEvent('$statsCollected', '{}'));
      log.append('$stats-127.0.0.1:2113', 'any', events);
    },
    dropStreams: (code = grpc.status.UNAVAILABLE) => {
      for (const call of [...subscriptions, ...batches]) call.emit('error', plainTrouble(code));
      subscriptions.clear();
      batches.clear();
    },
    stop: () => server.forceShutdown(),
  };
};

const supported = (batchAppends: boolean): InstanceType<typeof features.SupportedMethods> => {
  const names = ['read', 'append', 'delete', 'tombstone', ...(batchAppends ? ['batchappend'] : [])];
  const methods = names.map((name) => {
    const method = new features.SupportedMethod();
    method.setServiceName('event_store.client.streams.streams');
    method.setMethodName(name);
    return method;
  });
  const response = new features.SupportedMethods();
  response.setEventStoreServerVersion('24.10.5');
  response.setMethodsList(methods);
  return response;
};

const cluster = (port: number): InstanceType<typeof gossip.ClusterInfo> => {
  const endpoint = new gossip.EndPoint();
  endpoint.setAddress(HOST);
  endpoint.setPort(port);
  const member = new gossip.MemberInfo();
  member.setInstanceId(uuidOf(randomUUID()));
  member.setHttpEndPoint(endpoint);
  member.setState(gossip.MemberInfo.VNodeState.LEADER);
  member.setIsAlive(true);
  member.setTimeStamp('0');
  const info = new gossip.ClusterInfo();
  info.setMembersList([member]);
  return info;
};
