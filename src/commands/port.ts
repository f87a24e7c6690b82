import type {
  Actor,
  AlertRule,
  ApiToken,
  Application,
  Calendar,
  EventOf,
  ExecutionError,
  JobDefinition,
  Limit,
  LogHome,
  OpenExecution,
  Operation,
  Pause,
  Secret,
  TenantErasure,
  TlsSettings,
  Variable,
} from '../domain/events/index.ts';
import type { StartMode, StartVerdict } from '../domain/home/start.ts';
import type { SessionSpan } from '../domain/sessions/ended-sessions.ts';
import type { Tenant } from '../domain/values.ts';
import type { Position, Revision } from '../event-store/port.ts';
import type { OwnAppend } from './loop/own-append.ts';
import type { OperationInput } from './operations/operation-input.ts';

/** Who sends a command, and what its events record of the request. */
export type CommandContext = {
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly correlationId: string;
  /** W3C trace context of what asked for it. */
  readonly traceparent?: string;
  readonly reason?: string;
  /** Whether an administrator of the installation asks. */
  readonly isAdministrator?: true;
  /** Present if the request has an `Idempotency-Key`, so that it may be repeated. */
  readonly own?: OwnAppend;
};

/** The caller's `If-Match`: the revision that the caller saw when it made the change. */
export type Precondition = { readonly expectedRevision?: Revision };

export type CommandResult<T> = {
  readonly value: T;
  /** Revision of the aggregate after the command: the ETag. */
  readonly revision: Revision;
  /** Position of the last event appended; undefined where nothing was recorded. */
  readonly position: Position | undefined;
  /** Living engines that have not taken the change in yet, where it matters that all have. */
  readonly pendingEngines?: readonly string[];
  /** What the caller should know although the command was accepted. */
  readonly warnings?: readonly string[];
};

export type JobWithApplication = { readonly job: JobDefinition; readonly application: Application };
export type RequestedExecution = {
  readonly execution: OpenExecution;
  readonly job: JobDefinition;
  /** Present if the execution was cancelled at once: the reason. */
  readonly error?: ExecutionError;
};

/** A backfill as it was recorded, or the slots that it would call. */
export type RequestedBackfill =
  | { readonly kind: 'requested'; readonly backfill: EventOf<'BackfillRequested'>['data'] }
  | { readonly kind: 'dryRun'; readonly slots: readonly string[] };

export type BackfillRef = { readonly jobId: number; readonly backfillId: number };

/** The target of an execution, which has the token of one attempt. */
export type TokenHolder = {
  readonly jobId: number;
  readonly executionId: number;
  readonly token: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** Called once the token is found good, with the tenant of the execution. May throw to refuse the report. */
  readonly admit: (tenant: Tenant) => void;
};

/** An execution that is to be repeated. */
export type RerunInput = {
  readonly executionId: number;
  readonly jobId: number;
  /** Its nominal time: parameters are resolved for it again. */
  readonly scheduledAt: string;
  /** Revision of the definition to call by; undefined for the newest. */
  readonly definitionRevision: number | undefined;
};

/** How many data keys were wrapped again by the ring's current key, and which could not be. */
export type RotationReport = {
  readonly rewrapped: number;
  /** Data keys that the current ring key wrapped already. */
  readonly current: number;
  readonly failed: readonly { readonly applicationId: number; readonly code: string; readonly message: string }[];
};
export type ErasureReport = {
  readonly applicationId: number;
  /** Generation of the data key that was deleted; absent if there was none. */
  readonly generation?: number;
};

/** A token that was just created, with its secret, which nobody can look up later. */
export type CreatedToken = { readonly token: ApiToken; readonly secret: string };

/** How far a caller's pauses may reach: to jobs of its own tenant, or to those of all. */
export type PauseAuthority = 'tenant' | 'installation';

/** Each command parses its `unknown` input by its own schema, and refuses with a typed error. */
export type Commands = {
  createApplication(context: CommandContext, input: unknown): Promise<CommandResult<Application>>;
  updateApplication(
    context: CommandContext,
    applicationId: number,
    input: unknown,
  ): Promise<CommandResult<Application>>;
  /**
   * Deletes an application without jobs; its data key and its pauses go with it.
   * @throws Refusal APPLICATION_NOT_FOUND, APPLICATION_IN_USE, STALE_REVISION
   */
  deleteApplication(
    context: CommandContext,
    applicationId: number,
    precondition: Precondition,
  ): Promise<CommandResult<undefined>>;
  createJob(context: CommandContext, input: unknown): Promise<CommandResult<JobWithApplication>>;
  updateJob(
    context: CommandContext,
    jobId: number,
    input: unknown,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>>;
  /** Makes a job what one of its versions was; the first is 1. Records nothing if it is that already. */
  revertJob(
    context: CommandContext,
    jobId: number,
    version: number,
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
  triggerJob(context: CommandContext, jobId: number, input?: unknown): Promise<CommandResult<RequestedExecution>>;
  /** Records that a definition is about to be called as a test; the caller then calls it. */
  requestTestCall(
    context: CommandContext,
    call: Omit<EventOf<'TestCallRequested'>['data'], 'tenant'>,
  ): Promise<CommandResult<undefined>>;
  /** Cancels an execution that is pending or running. */
  cancelExecution(
    context: CommandContext,
    execution: Pick<RerunInput, 'executionId' | 'jobId'>,
  ): Promise<CommandResult<{ readonly ended: boolean }>>;
  rerunExecution(
    context: CommandContext,
    execution: RerunInput,
    input?: unknown,
  ): Promise<CommandResult<RequestedExecution>>;
  /** Has slots of the past called, or tells which ones it would be. */
  requestBackfill(context: CommandContext, jobId: number, input: unknown): Promise<CommandResult<RequestedBackfill>>;
  cancelBackfill(context: CommandContext, backfill: BackfillRef): Promise<CommandResult<undefined>>;
  /** Ends an execution as its target reports. */
  completeExecution(holder: TokenHolder, input: unknown): Promise<CommandResult<undefined>>;
  /** Records that the target of an execution is at work. */
  heartbeatExecution(holder: TokenHolder, input: unknown): Promise<CommandResult<undefined>>;
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
  /** Wraps the data keys of the applications of all tenants by the ring's current key. */
  rotateSecrets(): Promise<RotationReport>;
  /** Deletes the data key of an application. Nothing that was sealed with it can be opened again. */
  eraseSecrets(context: CommandContext, applicationId: number): Promise<CommandResult<ErasureReport>>;
  setLimit(context: CommandContext, applicationId: number, name: string, input: unknown): Promise<CommandResult<Limit>>;
  deleteLimit(context: CommandContext, applicationId: number, name: string): Promise<CommandResult<undefined>>;
  setTls(
    context: CommandContext,
    applicationId: number,
    name: string,
    input: unknown,
  ): Promise<CommandResult<TlsSettings>>;
  deleteTls(context: CommandContext, applicationId: number, name: string): Promise<CommandResult<undefined>>;
  setCalendar(context: CommandContext, name: string, input: unknown): Promise<CommandResult<Calendar>>;
  deleteCalendar(context: CommandContext, name: string): Promise<CommandResult<undefined>>;
  setPause(context: CommandContext, input: unknown, authority: PauseAuthority): Promise<CommandResult<Pause>>;
  liftPause(context: CommandContext, pauseId: number, authority: PauseAuthority): Promise<CommandResult<undefined>>;
  /** Has many jobs or executions changed; the caller has checked the permission. @throws Refusal EMPTY_FILTER */
  requestOperation(context: CommandContext, input: OperationInput): Promise<CommandResult<Operation>>;
  /** @returns the operation, which has ended where it had not begun. @throws Refusal OPERATION_NOT_FOUND */
  cancelOperation(context: CommandContext, operationId: number): Promise<CommandResult<Operation>>;
  /** The caller has checked that the permissions may be given. */
  createToken(context: CommandContext, input: unknown): Promise<CommandResult<CreatedToken>>;
  /** @throws Refusal TOKEN_NOT_FOUND */
  revokeToken(context: CommandContext, tokenId: number): Promise<CommandResult<undefined>>;
  /** Ends the session that the caller signs out of, wherever its cookie was copied to. */
  endSession(
    context: CommandContext,
    callerId: string | number,
    session: SessionSpan,
  ): Promise<CommandResult<undefined>>;
  /** Ends all sessions of a user that have begun, by the user's `sub`. */
  endSessions(context: CommandContext, sub: string): Promise<CommandResult<undefined>>;
  /**
   * Has everything of a tenant deleted; all its other commands are refused from then on.
   * @throws Refusal OWN_TENANT
   */
  eraseTenant(context: CommandContext, tenant: Tenant): Promise<CommandResult<TenantErasure>>;
  setAlertRule(
    context: CommandContext,
    name: string,
    input: unknown,
    precondition: Precondition,
  ): Promise<CommandResult<AlertRule>>;
  /** @throws Refusal ALERT_RULE_NOT_FOUND */
  deleteAlertRule(context: CommandContext, name: string, precondition: Precondition): Promise<CommandResult<undefined>>;
  /** Judges whether an engine that starts may claim on this log, and records that it does. */
  startEngine(context: CommandContext, mode: StartMode): Promise<CommandResult<StartVerdict>>;
  /** Lets the engines claim that wait for a release. */
  releaseEngines(context: CommandContext): Promise<CommandResult<LogHome>>;
};
