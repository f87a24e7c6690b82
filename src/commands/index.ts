import { inSpan } from '../telemetry/tracer.ts';
import type { CommandContext } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import type { TokenHolder } from './execution/callback.ts';
import { rotateSecrets } from './named-values/rotate-secrets.ts';
import * as ofTenants from './tenant-commands.ts';
import * as ofAnyone from './unrestricted-commands.ts';

/** What it is called with first carries the trace context of the request. */
type Command<C extends { readonly traceparent?: string }> = (context: C, ...rest: never[]) => Promise<unknown>;
type Made<L extends Record<keyof L, (deps: CommandDeps) => unknown>> = { readonly [N in keyof L]: ReturnType<L[N]> };

/**
 * The commands, as their files have them. Each parses its `unknown` input by its own schema, and rejects with a typed
 * error.
 */
export type Commands = Made<typeof ofTenants> & Made<typeof ofAnyone> & Made<{ rotateSecrets: typeof rotateSecrets }>;

/** Each command runs in a span of its own, whose trace context its events carry. */
export const createCommands = (deps: CommandDeps): Commands => {
  const traced =
    <C extends CommandContext>(name: string, command: Command<C>): Command<C> =>
    (context, ...rest) =>
      inSpan(deps.tracer, { name, parent: context.traceparent }, (traceparent) =>
        command(traceparent === undefined ? context : { ...context, traceparent }, ...rest),
      );
  const admitted =
    (command: Command<CommandContext>): Command<CommandContext> =>
    async (context, ...rest) => {
      await deps.admitTenant(context.tenant);
      return command(context, ...rest);
    };
  return {
    ...madeOf(ofTenants, (name, make) => traced(name, admitted(make(deps)))),
    ...madeOf(ofAnyone, (name, make) => traced<CommandContext & TokenHolder>(name, make(deps))),
    rotateSecrets: rotateSecrets(deps),
  };
};

const madeOf = <M extends (deps: CommandDeps) => unknown, L extends Record<string, M>>(
  list: L & Record<string, M>,
  make: (name: string, maker: M) => unknown,
): Made<L> =>
  Object.fromEntries(Object.entries(list).map(([name, maker]): readonly unknown[] => [name, make(name, maker)]));
