import type { LogHome } from '../domain/events/index.ts';
import type { ApplicationId, Sealed, Tenant } from '../domain/values.ts';
import type { Position } from '../event-store/port.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { AlertRulePorts } from './alert-rule/alert-rule-ports.ts';
import type { TaskPorts } from './job/task-ports.ts';
import type { JobClosures } from './job-closures.ts';
import type { EventLog } from './loop/handle-command.ts';
import type { AllIds } from './loop/ids.ts';
import type { FindJobs, HasRoom, JobUses, SlotHistories } from './read-models.ts';
import type { ResourceQuotas } from './resource-quotas.ts';

/** An engine that lives, and how far it has taken in the log; undefined where its release does not report it. */
export type LivingEngine = { readonly engineId: string; readonly takenPosition: Position | undefined };

/**
 * Lists the engines that live and call, or have yet to end calls. One that starts is left out: it reads on to the log's
 * end before it claims.
 */
export type ListLivingEngines = () => Promise<readonly LivingEngine[]>;

type KeyOwner = { readonly tenant: Tenant; readonly applicationId: ApplicationId };
type KeyRef = KeyOwner & { readonly generation: number };

/** What a value is sealed for; it opens for nothing else. */
type NamedUse = { readonly kind: 'secret' | 'tls'; readonly name: string };

/** What commands need of the data keys; built in compose from secrets/. */
type SecretEdge = {
  /** Seals a named secret, or the private key of TLS settings, by the application's data key, made if there is none. */
  seal(owner: KeyOwner, clear: string, use: NamedUse): Promise<Sealed>;
  /** Opens a named secret. @throws what says why it can not be opened */
  open(owner: KeyOwner, sealed: Sealed, use: NamedUse): Promise<string>;
  /** Seals the result of a confidential job; undefined where the data key that its call was made with was erased. */
  sealResult(owner: KeyOwner, clear: string): Promise<Sealed | undefined>;
  /** The generation of the data key in force, looked for from `from` on; undefined if there is none. */
  currentGeneration(key: KeyOwner & { readonly from: number }): Promise<number | undefined>;
  /** Wraps a data key by the ring's current key; false if that key wraps it already, or there is none. */
  rewrap(key: KeyRef): Promise<boolean>;
  /** Deletes a data key for good. */
  erase(key: KeyRef): Promise<void>;
};

export type CommandDeps = EventLog &
  AllIds & {
    /** Where the log lives now. */
    readonly home: LogHome;
    readonly tasks: TaskPorts;
    readonly secrets: SecretEdge;
    readonly holdings: ResourceQuotas;
    /** @throws DomainError TENANT_ERASED if the tenant was erased, or is about to be */
    readonly admitTenant: (tenant: Tenant) => Promise<void>;
    readonly uses: JobUses;
    readonly alerts: AlertRulePorts;
    readonly jobClosures: JobClosures;
    readonly findJobs: FindJobs;
    readonly livingEngines: ListLivingEngines;
    readonly slotHistories: SlotHistories;
    readonly hasRoom: HasRoom;
    readonly tracer: Tracer;
  };
