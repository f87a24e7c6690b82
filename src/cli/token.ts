import { developmentSecrets } from '../compose/own-files.ts';
import { durationMs } from '../config/fields.ts';
import { type Config, loadConfig } from '../config.ts';
import { defined } from '../domain/defined.ts';
import { PERMISSIONS } from '../domain/permissions.ts';
import { signToken } from '../http/tokens/sign-token.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createLogger } from '../telemetry/logger.ts';
import { runOrExit } from './fail.ts';

const Lifetime = durationMs('1s', '3650d');

/** `carillon token`: signs a token with JWT_SECRET, or in development mode with the secret of the data folder. */
export const mintToken = (options: {
  readonly sub: string;
  /** Comma-separated. */
  readonly permissions: string;
  readonly tenant?: string;
  readonly expires: string;
  readonly issuer?: string;
  readonly audience?: string;
}): Promise<void> =>
  runOrExit(async () => {
    const { DATABASE_URL, EVENTSTORE_URL, ...rest } = process.env;
    const config = loadConfig(rest);
    const world = nodeRuntime(createLogger({ level: 'warn', format: 'terminal' }));
    const isProduction = (DATABASE_URL ?? EVENTSTORE_URL) !== undefined;
    const secret = config.auth.secret ?? (await developmentSecret(config, isProduction, world));
    const lifetime = Lifetime.safeParse(options.expires);
    if (!lifetime.success) throw new Error(`--expires ${lifetime.error.issues[0]?.message}`);
    const issuer = options.issuer ?? config.auth.issuer;
    const audience = options.audience ?? config.auth.audience;
    const token = signToken({
      secret,
      subject: options.sub,
      claims: defined({
        permissions: permissionsOf(options.permissions),
        [config.auth.tenantClaim]: options.tenant,
        iss: issuer,
        aud: audience,
      }),
      nowMs: world.clock.now(),
      lifetimeSeconds: lifetime.data / 1_000,
    });
    process.stdout.write(`${token}\n`);
  });

const developmentSecret = async ({ auth, dataDir }: Config, isProduction: boolean, world: Runtime): Promise<string> => {
  if (auth.jwksUrl !== undefined) {
    throw new Error('The server accepts only tokens from the issuer at JWT_JWKS_URL. Request a token there.');
  }
  if (isProduction) throw new Error("JWT_SECRET is not set. Set it to the server's value.");
  return (await developmentSecrets(dataDir, world.random)).jwtSecret;
};

const isPermission = (text: string): boolean => PERMISSIONS.some((permission) => permission === text);

const permissionsOf = (text: string): string[] => {
  const permissions = text.split(',').map((permission) => permission.trim());
  const unknown = permissions.find((permission) => !isPermission(permission));
  if (unknown === undefined) return permissions;
  throw new Error(`--permissions ${JSON.stringify(unknown)} is unknown. Use one or more of ${PERMISSIONS.join(', ')}.`);
};
