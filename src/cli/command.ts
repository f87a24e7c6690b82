import type { Operation } from '../../packages/client/src/schema.ts';
import type { ServerOptions } from './access.ts';
import type { OPTIONS, OptionName, OptionText } from './command-options.ts';
import type { TypedOptions } from './error-text.ts';
import type { Terminal } from './fail.ts';
import type { ApiOperation } from './operations.ts';
import type { Query, Server, ServerRequest, ServerResponse } from './server.ts';
import type { CommandView, TableShape } from './table.ts';

/** The value of an option: its parser's result, a list, a text, or true. */
type ValueOf<Option extends OptionText> = Option extends readonly [
  string,
  string,
  (...given: never[]) => infer Value,
  ...string[],
]
  ? Value
  : Option extends readonly [`${string}...>`, string]
    ? readonly string[]
    : Option extends readonly [`${string}<${string}`, string]
      ? string
      : true;

/** `json` and `yaml` print the data of the API; `name` prints the first column. */
export const OUTPUTS = ['wide', 'json', 'yaml', 'name'] as const;

/** The options of all commands except filters; each command declares which it accepts. */
export type CommandOptions = ServerOptions & {
  readonly tenant?: string;
  readonly json?: boolean;
  readonly output?: (typeof OUTPUTS)[number];
} & {
  readonly [Name in OptionName]?: ValueOf<(typeof OPTIONS)[Name]>;
};

export type CommandCall = {
  /** By name in the command's usage: the address or id of a job, a file. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** By API parameter. */
  readonly filters: Query;
  readonly options: CommandOptions;
  /** Absent if no command line was typed. */
  readonly typed?: TypedOptions | undefined;
};

export type CommandInput = CommandCall & {
  /** The first argument. */
  readonly subject: string;
  /** A path of the API; `:job` is replaced by the argument of that name. */
  at(path: string): string;
  readonly nowMs: number;
};

export type CommandResponse<T> = ServerResponse<T> & { readonly next: URLSearchParams | undefined };

/** The tools of a command without a server. */
export type LocalTools = Pick<CommandTools, 'say' | 'show' | 'note' | 'readText' | 'readValue' | 'terminal' | 'shape'>;

/** The tools of a command with more than one request. */
export type CommandTools = {
  readonly server: Server;
  /** @throws ServerRejected with the server's error and the remedy */
  ask<T>(request: ServerRequest): Promise<CommandResponse<T>>;
  /** Lists page by page, up to a limit: that of `--limit` unless another is given. */
  list<T>(request: ServerRequest, limit?: number): Promise<T[]>;
  /** Prints a line, or with `--json` the API's data. */
  say(line: string, data?: unknown): void;
  /** Formats data for the requested output: as a table, as fields, or for programs. */
  show(data: unknown, view: CommandView, kind: 'rows' | 'fields'): string;
  /** Prints a line to standard error. */
  note(line: string): void;
  /** Reads standard input if it is `-` or `undefined`. */
  readText(file: string | undefined): Promise<string>;
  /** Reads a secret value from standard input or a prompt. */
  readValue(question: string): Promise<string>;
  readonly terminal: Terminal;
  readonly shape: TableShape;
};

/**
 * What a command does: shows the rows or fields of an operation's response; changes something with one request; or runs its
 * own code, without a server if it is local.
 */
export type CommandWork =
  | { readonly kind: 'rows' | 'fields'; readonly operation: ApiOperation; readonly view: CommandView }
  | {
      readonly kind: 'change';
      readonly operation: ApiOperation;
      readonly body: ((input: CommandInput, tools: CommandTools) => Promise<unknown>) | undefined;
      /** The printed sentence. */
      readonly done: string;
    }
  | { readonly kind: 'own'; readonly load: () => Promise<(input: CommandInput, tools: CommandTools) => Promise<void>> }
  | { readonly kind: 'local'; readonly load: () => Promise<(input: CommandInput, tools: LocalTools) => Promise<void>> }
  | BulkChange;

/** Changes all jobs or executions that match the filters of their list. */
export type BulkChange = {
  readonly kind: 'bulk';
  readonly list: 'listJobs' | 'listExecutions';
  readonly action: Operation['action'];
};

/** A command: its input, its request, and what it shows of the response. */
export type CommandSpec = {
  readonly description: string;
  /** Beside those derived from its operation. */
  readonly options?: readonly OptionName[] | undefined;
  readonly work: CommandWork;
  /** What it does without a name. */
  readonly unnamed?: BulkChange;
};

/** Shows a list, page by page if the operation has pages, as a table. */
export const rows = (operation: ApiOperation, description: string, view: CommandView): CommandSpec => ({
  description,
  work: { kind: 'rows', operation, view },
});
/** Shows one resource, field by field. */
export const fields = (operation: ApiOperation, description: string, view: CommandView): CommandSpec => ({
  description,
  work: { kind: 'fields', operation, view },
});
type Change = Extract<CommandWork, { kind: 'change' }>;
/** Changes something with one request and prints the result. */
export const change = (
  operation: ApiOperation,
  description: string,
  done: string,
  { options, body }: { readonly options?: readonly OptionName[]; readonly body?: Change['body'] } = {},
): CommandSpec => ({ description, options, work: { kind: 'change', operation, done, body } });
/** Has its own code, which is loaded when it is called. */
export const own = (
  description: string,
  load: Extract<CommandWork, { kind: 'own' }>['load'],
  options: readonly OptionName[] = [],
): CommandSpec => ({ description, options, work: { kind: 'own', load } });
/** Like `own`, without a server. */
export const local = (
  description: string,
  load: Extract<CommandWork, { kind: 'local' }>['load'],
  options: readonly OptionName[] = [],
): CommandSpec => ({ description, options, work: { kind: 'local', load } });
/** Changes all jobs or executions that match filters. */
export const all = (
  list: BulkChange['list'],
  action: BulkChange['action'],
  description: string,
  options: readonly OptionName[] = [],
): CommandSpec => ({ description, options, work: { kind: 'bulk', list, action } });
/** Lets a command also change all that match filters, if it is called without a name. */
export const orAll = (list: BulkChange['list'], action: BulkChange['action'], spec: CommandSpec): CommandSpec => ({
  ...spec,
  description: `${spec.description}, or all that match the filters`,
  unnamed: { kind: 'bulk', list, action },
});
