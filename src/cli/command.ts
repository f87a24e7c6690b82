import type { Readable } from 'node:stream';
import type { ServerOptions } from './access.ts';
import { fieldsOf, type OptionName, type OptionValues } from './command-options.ts';
import type { TypedOptions } from './error-text.ts';
import type { Terminal } from './fail.ts';
import type { ApiOperation, ResponseOf } from './operations.ts';
import type { RequestContent, Server, ServerResponse } from './server.ts';
import type { CommandView, TableShape } from './table.ts';

/** `json` and `yaml` print the data of the API; `name` prints the first column. */
export const OUTPUTS = ['wide', 'json', 'yaml', 'name'] as const;

export type CommandOptions = ServerOptions &
  OptionValues & {
    readonly tenant?: string;
    readonly json?: boolean;
    readonly output?: (typeof OUTPUTS)[number];
  };

/** What a user or an agent enters. */
export type CommandInput = {
  /** By name in the command's usage: the address or id of a job, a file. */
  readonly args: Readonly<Record<string, string | undefined>>;
  readonly options: CommandOptions;
  /** Absent if no command line was typed. */
  readonly typed?: TypedOptions | undefined;
};

/** A request of an operation. By default, the command's arguments fill the parameters of its path, in order. */
export type OperationRequest = RequestContent & { readonly params?: readonly (string | number)[] };

export type ItemOf<Id extends ApiOperation> = ResponseOf<Id> extends readonly (infer Item)[] ? Item : never;

/** A call of a command: its input, and what it works with. */
export type CommandCall = CommandInput & {
  /** The first argument. */
  readonly subject: string;
  readonly nowMs: number;
  readonly terminal: Terminal;
  readonly shape: TableShape;
  /** The server; a command with `isLocal` connects only here. @throws Error if it is unknown */
  connected(): Promise<Server>;
  /** @throws ServerRejected with the server's error and the remedy */
  send<Id extends ApiOperation>(operation: Id, request?: OperationRequest): Promise<ServerResponse<ResponseOf<Id>>>;
  /** Lists page by page, up to a limit: that of `--limit` unless another is given. */
  list<Id extends ApiOperation>(operation: Id, request?: OperationRequest, limit?: number): Promise<ItemOf<Id>[]>;
  /** Sends a request whose response is streamed. */
  stream(operation: ApiOperation, request?: OperationRequest): Promise<Readable>;
  /** Shows an operation's response to the command's filters, once or with `--watch` until interrupted. */
  print(operation: ApiOperation, view: CommandView, kind: 'rows' | 'fields'): Promise<void>;
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
};

/** A command. Its operation determines its filters, `--limit`, `--reason` and `--wait`. */
export type CommandSpec = {
  readonly description: string;
  readonly operation?: ApiOperation | undefined;
  /** Beside those that follow from the operation. */
  readonly options?: readonly OptionName[] | undefined;
  readonly required?: readonly OptionName[];
  /** Needs no server, or checks itself whether one responds. */
  readonly isLocal?: true;
  /** Prints only text or a file: has no `--output` and `--json`. */
  readonly hasNoFormats?: true;
  readonly run: (call: CommandCall) => Promise<void>;
  /** What it does without a name. */
  readonly unnamed?: CommandSpec;
};

/** Shows a list, page by page if the operation has pages, as a table. */
export const rows = (operation: ApiOperation, description: string, view: CommandView): CommandSpec => ({
  description,
  operation,
  options: ['watch', 'every'],
  run: (call) => call.print(operation, view, 'rows'),
});

/** Shows one resource, field by field. */
export const fields = (operation: ApiOperation, description: string, view: CommandView): CommandSpec => ({
  description,
  operation,
  options: ['watch', 'every'],
  run: (call) => call.print(operation, view, 'fields'),
});

type ChangeDetails = {
  /** The options that set fields of the body. */
  readonly options?: readonly OptionName[];
  /** The body, or its fields beside those of the options. */
  readonly body?: (call: CommandCall) => Promise<unknown>;
};

/** Changes something with one request, and prints a sentence in which `:job` is replaced by the argument `<job>`. */
export const change = (
  operation: ApiOperation,
  description: string,
  done: string,
  { options, body }: ChangeDetails = {},
): CommandSpec => ({
  description,
  operation,
  options,
  run: async (call) => {
    const given = await body?.(call);
    const set = options === undefined ? given : { ...fieldsOf(options, call.options), ...Object(given) };
    const { data } = await call.send(operation, { body: set });
    call.say(
      done.replace(/:(\w+)/g, (_, name: string) => call.args[name] ?? ''),
      data,
    );
  },
});

/** Has its own code, which it loads when it is called. */
export const own = (description: string, run: CommandSpec['run'], details: Partial<CommandSpec> = {}): CommandSpec => ({
  description,
  run,
  ...details,
});
