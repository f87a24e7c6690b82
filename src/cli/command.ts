import type { ServerOptions } from './access.ts';
import type { OPTIONS, OptionName, OptionText } from './command-options.ts';
import type { TypedOptions } from './error-text.ts';
import type { Terminal } from './fail.ts';
import type { ApiOperation } from './operations.ts';
import type { Query, Server, ServerRequest, ServerResponse } from './server.ts';
import type { CommandView, TableShape } from './table.ts';

/** What an option gives: what its parser returns, a list, a text, or that it is there. */
type ValueOf<Option extends OptionText> = Option extends readonly [string, string, (...given: never[]) => infer Value]
  ? Value
  : Option extends readonly [`${string}...>`, string]
    ? readonly string[]
    : Option extends readonly [`${string}<${string}`, string]
      ? string
      : true;

/** The options of all commands, but for filters; each command states which of them it takes. */
export type CommandOptions = ServerOptions & { readonly tenant?: string; readonly json?: true } & {
  readonly [Name in OptionName]?: ValueOf<(typeof OPTIONS)[Name]>;
};

export type CommandCall = {
  /** By their names in the usage of the verb: the address or the id of a job, a file. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** By the parameters of the API. */
  readonly filters: Query;
  readonly options: CommandOptions;
  /** Absent if no command line was typed. */
  readonly typed?: TypedOptions | undefined;
};

export type CommandInput = CommandCall & {
  /** What it is about, the first of the arguments. */
  readonly subject: string;
  /** A path of the API, where `:job` stands for the argument of that name. */
  at(path: string): string;
  readonly nowMs: number;
};

export type CommandResponse<T> = ServerResponse<T> & { readonly next: URLSearchParams | undefined };

/** What a verb works with that asks no server. */
export type LocalTools = Pick<CommandTools, 'say' | 'note' | 'readText' | 'readValue' | 'terminal' | 'shape'>;

/** What a verb works with that is more than one request. */
export type CommandTools = {
  readonly server: Server;
  /** @throws ServerRejected with what the server says where it rejects, and what can be done */
  ask<T>(request: ServerRequest): Promise<CommandResponse<T>>;
  /** A page after another, up to a limit: that of `--limit` unless another is given. */
  list<T>(request: ServerRequest, limit?: number): Promise<T[]>;
  /** Prints a line, or with `--json` what the API gave. */
  say(line: string, data?: unknown): void;
  /** Prints a line to standard error. */
  note(line: string): void;
  /** Standard input where it is `-` or undefined. */
  readText(file: string | undefined): Promise<string>;
  /** A value that nobody else should see: from standard input, or asked for. */
  readValue(question: string): Promise<string>;
  readonly terminal: Terminal;
  readonly shape: TableShape;
};

/**
 * What a command does: it shows the rows or the fields of what an operation returns; changes something with one request; or
 * has code of its own, without a server if it is local.
 */
export type CommandWork =
  | { readonly kind: 'rows' | 'fields'; readonly operation: ApiOperation; readonly view: CommandView }
  | {
      readonly kind: 'change';
      readonly operation: ApiOperation;
      readonly body: ((input: CommandInput, tools: CommandTools) => Promise<unknown>) | undefined;
      /** The sentence that it prints. */
      readonly done: string;
    }
  | { readonly kind: 'own'; readonly load: () => Promise<(input: CommandInput, tools: CommandTools) => Promise<void>> }
  | { readonly kind: 'local'; readonly load: () => Promise<(input: CommandInput, tools: LocalTools) => Promise<void>> };

/** A command: what it takes, what it requests from the server, and what it shows of the response. */
export type CommandSpec = {
  readonly description: string;
  /** Beside those that follow from its operation. */
  readonly options?: readonly OptionName[] | undefined;
  readonly work: CommandWork;
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
/** Changes something with one request, and prints what is done. */
export const change = (
  operation: ApiOperation,
  description: string,
  done: string,
  { options, body }: { readonly options?: readonly OptionName[]; readonly body?: Change['body'] } = {},
): CommandSpec => ({ description, options, work: { kind: 'change', operation, done, body } });
/** Has code of its own, which is loaded when it is called. */
export const own = (
  description: string,
  load: Extract<CommandWork, { kind: 'own' }>['load'],
  options: readonly OptionName[] = [],
): CommandSpec => ({ description, options, work: { kind: 'own', load } });
/** The same without a server. */
export const local = (
  description: string,
  load: Extract<CommandWork, { kind: 'local' }>['load'],
  options: readonly OptionName[] = [],
): CommandSpec => ({ description, options, work: { kind: 'local', load } });
