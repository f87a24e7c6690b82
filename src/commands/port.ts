import type {
  Actor,
  Application,
  ExecutionError,
  JobDefinition,
  OpenExecution,
  Secret,
  Variable,
} from '../domain/events/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Position, Revision } from '../event-store/port.ts';
import type { OwnAppend } from './loop/own-append.ts';

/** Who asks, and how the answer is to be bound to the question. */
export type CommandContext = {
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly reason?: string;
  /** Of a request that may be repeated. */
  readonly own?: OwnAppend;
};

/** The caller's `If-Match`: the revision the change was made for. */
export type Precondition = { readonly expectedRevision?: Revision };

export type CommandResult<T> = {
  readonly value: T;
  /** Revision of the aggregate after the command: the ETag. */
  readonly revision: Revision;
  /** Position of the last event appended; undefined where nothing was recorded. */
  readonly position: Position | undefined;
  /** What the caller may want to know although the command was accepted. */
  readonly warnings?: readonly string[];
};

export type JobWithApplication = { readonly job: JobDefinition; readonly application: Application };
export type RequestedExecution = {
  readonly execution: OpenExecution;
  readonly job: JobDefinition;
  /** Why it was refused at once and ended cancelled. */
  readonly error?: ExecutionError;
};

/** What became of the data keys when all were to be wrapped by the ring's current key. */
export type RotationReport = {
  readonly rewrapped: number;
  /** Wrapped so already. */
  readonly current: number;
  readonly failed: readonly { readonly applicationId: number; readonly code: string; readonly message: string }[];
};
export type ErasureReport = {
  readonly applicationId: number;
  /** Of the data key that was deleted; absent where there was none. */
  readonly generation?: number;
};

/** Each takes input as it came over the edge (`unknown` is parsed by the command's own schema) and refuses by typed errors. */
export type Commands = {
  createApplication(context: CommandContext, input: unknown): Promise<CommandResult<Application>>;
  updateApplication(
    context: CommandContext,
    applicationId: number,
    input: unknown,
  ): Promise<CommandResult<Application>>;
  createJob(context: CommandContext, input: unknown): Promise<CommandResult<JobWithApplication>>;
  updateJob(
    context: CommandContext,
    jobId: number,
    input: unknown,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>>;
  enableJob(
    context: CommandContext,
    jobId: number,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>>;
  disableJob(
    context: CommandContext,
    jobId: number,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>>;
  deleteJob(context: CommandContext, jobId: number, precondition: Precondition): Promise<CommandResult<undefined>>;
  triggerJob(context: CommandContext, jobId: number): Promise<CommandResult<RequestedExecution>>;
  setVariable(
    context: CommandContext,
    applicationId: number,
    name: string,
    input: unknown,
  ): Promise<CommandResult<Variable>>;
  deleteVariable(context: CommandContext, applicationId: number, name: string): Promise<CommandResult<undefined>>;
  setSecret(
    context: CommandContext,
    applicationId: number,
    name: string,
    input: unknown,
  ): Promise<CommandResult<Secret>>;
  deleteSecret(context: CommandContext, applicationId: number, name: string): Promise<CommandResult<undefined>>;
  /** Wraps the data keys of all applications, whoever's they are, by the ring's current key. */
  rotateSecrets(): Promise<RotationReport>;
  /** Deletes the data key of an application: what was sealed with it can't be opened again by anyone. */
  eraseSecrets(context: CommandContext, applicationId: number): Promise<CommandResult<ErasureReport>>;
};
