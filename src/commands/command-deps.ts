import type { LogHome } from '../domain/events/index.ts';
import type { ApplicationId, Sealed, Tenant } from '../domain/values.ts';
import type { StreamQueues } from '../event-store/append-with-retry.ts';
import type { Position } from '../event-store/port.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { AlertRulePorts } from './alert-rule/receivers.ts';
import type { ApplicationMemory } from './application/application-memory.ts';
import type { TaskPorts } from './job/check-task.ts';
import type { JobClosures } from './job-closures.ts';
import type { EventLog } from './loop/handle-command.ts';
import type { AllIds } from './loop/ids.ts';
import type { ReadModels } from './read-models.ts';
import type { ResourceQuotas } from './resource-quotas.ts';

/** A live engine with its position in the log; `undefined` if its version does not report it. */
export type LivingEngine = { readonly engineId: string; readonly takenPosition: Position | undefined };

/**
 * Lists the live engines that make calls or have calls to finish. A starting engine is excluded: it reads to the end of the
 * log before it claims.
 */
export type ListLivingEngines = () => Promise<readonly LivingEngine[]>;

type KeyOwner = { readonly tenant: Tenant; readonly applicationId: ApplicationId };
type KeyRef = KeyOwner & { readonly generation: number };

/** The purpose of a sealed value; it opens for no other. */
type NamedUse = { readonly kind: 'secret' | 'tls' | 'work'; readonly name: string };

/** What commands use of the data keys; implemented in compose with secrets/. */
type SecretEdge = {
  /**
   * Seals a named secret, or the private key of TLS settings, with the application's data key, which is created if missing.
   */
  seal(owner: KeyOwner, clear: string, use: NamedUse): Promise<Sealed>;
  /** Opens a named secret, or offered work. @throws an error that states why it can't be opened */
  open(owner: KeyOwner, sealed: Sealed, use: NamedUse): Promise<string>;
  /** Seals the result of a confidential job; `undefined` if the data key of its call was erased. */
  sealResult(owner: KeyOwner, clear: string): Promise<Sealed | undefined>;
  /** The current data key's generation, searched from `from` on; `undefined` if there is none. */
  currentGeneration(key: KeyOwner & { readonly from: number }): Promise<number | undefined>;
  /** Wraps a data key with the ring's current key; false if it is already, or there is none. */
  rewrap(key: KeyRef): Promise<boolean>;
  /** Deletes a data key permanently. */
  erase(key: KeyRef): Promise<void>;
};

export type CommandDeps = EventLog &
  AllIds & {
    readonly lanes: Pick<StreamQueues, 'enqueue' | 'isFree'>;
    /** Where the log is stored now. */
    readonly home: LogHome;
    readonly tasks: TaskPorts;
    readonly secrets: SecretEdge;
    readonly holdings: ResourceQuotas;
    /** @throws DomainError TENANT_ERASED if the tenant's erasure was requested */
    readonly admitTenant: (tenant: Tenant) => Promise<void>;
    readonly readModels: ReadModels;
    readonly alerts: AlertRulePorts;
    readonly jobClosures: JobClosures;
    readonly applications: ApplicationMemory;
    readonly livingEngines: ListLivingEngines;
    readonly tracer: Tracer;
  };
