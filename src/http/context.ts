import type { RequestHandler } from 'express';
import type { z } from 'zod';
import type { Sync } from '../bootstrap/sync.ts';
import type { CommandContext } from '../commands/command.ts';
import type { BeatWork } from '../commands/execution/beat-work.ts';
import type { FindExpected } from '../commands/execution/expected-execution.ts';
import type { TakeWork } from '../commands/execution/work-takes.ts';
import type { Commands } from '../commands/index.ts';
import type { Preview } from '../commands/job/preview-job.ts';
import type { FindNamed } from '../commands/loop/names.ts';
import type { RepeatableRequest } from '../commands/loop/requests/run-once.ts';
import type { AlertRule } from '../domain/events/index.ts';
import type { SessionOwner } from '../domain/session.ts';
import type { JsonValue, Tenant } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import type { ExplainLog } from '../explain/explain-log.ts';
import type { Queries } from '../projections/queries/index.ts';
import type {
  BuildOrder,
  BuildStarted,
  ProjectionView,
  RebuildPlan,
  StoppedProjection,
} from '../projections/queries/projection-views.ts';
import type { Prover } from '../proofs/prover.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { Authenticate, Identify } from './callers/authenticate.ts';
import type { RolePermissions } from './callers/authorize.ts';
import type { RequestQuotas } from './callers/quotas.ts';
import type { ReadinessSchema } from './resources/common.ts';
import type { ServedResponse } from './responses/response.ts';
import type { StaticFile } from './responses/static-file.ts';
import type { Handshakes } from './sessions/oidc/handshakes.ts';
import type { IdentityProvider } from './sessions/oidc/provider.ts';
import type { CookieRules, SessionSeal } from './sessions/session.ts';
import type { Sse, StreamOwner } from './sse/index.ts';
import type { SubjectRules } from './tokens/verify-token.ts';

/** The last heartbeat of an attempt, and its progress. */
type WorkReport = { readonly heartbeatAt: string; readonly progress: JsonValue | undefined };

/** A worker by its last take or heartbeat, epoch ms. */
export type ListedWorker = {
  readonly applicationId: number;
  readonly queue: string;
  readonly id: string;
  readonly host: string | null;
  readonly version: string | null;
  readonly running: number;
  readonly lastSeenMs: number;
};

/** What the API works with; created once per process. */
export type ApiContext = {
  readonly commands: Commands;
  readonly queries: Queries;
  readonly clock: Runtime['clock'];
  readonly timers: Runtime['timers'];
  readonly notices: Notices;
  readonly tracer: Tracer;
  readonly health: HealthContext;
  readonly version: string;

  readonly authenticate: Authenticate;
  readonly quotas: RequestQuotas;
  readonly sessions: {
    readonly identify: Identify;
    readonly seal: SessionSeal;
    readonly cookie: CookieRules;
    /** Makes the next request of a caller check again which of their sessions have ended. */
    readonly forgetEnded: (owner: SessionOwner) => void;
    /** `undefined` if no provider is configured. */
    readonly oidc: OidcSignIn | undefined;
  };

  /** Runs a command once per key, and returns the same response for repeats. */
  readonly once: (
    command: RepeatableRequest,
    run: (context: CommandContext) => Promise<ServedResponse>,
  ) => Promise<ServedResponse>;
  readonly named: FindNamed;
  /** The log, for what a request reads from it; only commands append. */
  readonly store: EventStore;
  /** The entries of the setting `ALLOWED_TARGETS`. */
  readonly defaultTargets: readonly string[];
  /** When the first event of the log was recorded, epoch ms; `undefined` for an empty log. */
  readonly logBegan: () => Promise<number | undefined>;
  /** Lag of the read models in whole seconds. */
  readonly lagSeconds: () => number;

  /** What workers take and report. */
  readonly work: {
    readonly take: TakeWork;
    readonly beat: BeatWork;
    /** Counts a take that waits. @returns what ends it @throws DomainError TOO_MANY_POLLS */
    readonly beginPoll: (owner: StreamOwner) => () => void;
    /** What these attempts last reported, by the hashes of their tokens. */
    readonly reported: (tokenHashes: readonly string[]) => Promise<ReadonlyMap<string, WorkReport>>;
    /** Workers of a tenant, or of all, that were seen lately. */
    readonly workers: (tenant: Tenant | undefined) => Promise<readonly ListedWorker[]>;
  };
  readonly sync: Sync;
  readonly events: Sse;
  readonly preview: Preview;
  readonly expectedOf: FindExpected;
  readonly explainLog: ExplainLog;
  readonly prover: Prover;
  /** Sends a test to each receiver of a rule. */
  readonly testAlertRule: (rule: AlertRule) => Promise<readonly unknown[]>;
  readonly projections: {
    list(): Promise<readonly ProjectionView[]>;
    /** Projections that have stopped or could not be created. */
    stopped(): Promise<readonly StoppedProjection[]>;
    /** @throws DomainError PROJECTION_NOT_FOUND, REBUILD_IN_PROGRESS */
    build(name: string, order: BuildOrder): Promise<readonly BuildStarted[]>;
    /** Returns what a rebuild would do. @throws DomainError PROJECTION_NOT_FOUND */
    plan(name: string): Promise<readonly RebuildPlan[]>;
  };
  /** The engines of the installation for `GET /stats`. */
  readonly engines: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Whether `/_/scheduler/echo` is served. */
  readonly echo: boolean;
  /** The admin UI. */
  readonly uiFiles: UiFiles;
};

/** Settings for browser sign-in with an identity provider. */
export type OidcSignIn = SubjectRules & {
  readonly provider: IdentityProvider;
  readonly handshakes: Handshakes;
  readonly rolePermissions: RolePermissions;
  readonly sessionMs: number;
  /** Origin under which browsers reach this service. */
  readonly publicUrl: string;
};

/** The result of `/readyz`. Issues that do not make the process unready are listed separately. */
export type Readiness = Omit<z.infer<typeof ReadinessSchema>, 'status'> & {
  /** Whether this process should get requests: all required roles can work. */
  readonly ready: boolean;
};

/** What health and metrics use, in every process from its start. */
export type HealthContext = {
  readonly world: Runtime;
  readonly notices: Pick<Notices, 'rejected'>;
  /** Measures every request. */
  readonly measure: RequestHandler;
  readonly readiness: () => Promise<Readiness>;
  /** The metrics of this process, in the text format of Prometheus. */
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
  /** Authenticates administrators, who alone get metrics and reasons. If `undefined`, every client gets them. */
  readonly authenticate: Authenticate | undefined;
};

/** The files of the admin UI by path; `undefined` if they are not built. */
export type UiFiles = () => Promise<ReadonlyMap<string, StaticFile> | undefined>;
