import type { JobDefinition, Secret } from '../../domain/events/index.ts';
import { type ClearTask, secretPlaces } from '../../domain/parameters/index.ts';
import type { Strike } from '../../domain/redaction/index.ts';
import { mayNotGo, refusedOrigin } from '../../domain/targets/index.ts';
import type { OutgoingRequest } from '../call/index.ts';

type SecretSearch = {
  readonly template: ClearTask;
  readonly definition: Pick<JobDefinition, 'confidential'>;
  readonly strike: Strike;
};

/** Whether a redirected request holds a secret, by the places that secrets were filled into and by their values. */
export const holdsSecret = (
  { url, headers, body }: OutgoingRequest,
  { template, definition, strike }: SecretSearch,
): boolean => {
  const places = secretPlaces(template);
  const has = (text: string): boolean => strike.text(text) !== text;
  if (body !== undefined && (definition.confidential === true || places.isInBody || has(body))) return true;
  if (has(url.href)) return true;
  return [...headers].some(([name, [, value]]) => places.headers.has(name) || has(value));
};

type SentSecrets = { readonly task: ClearTask; readonly origin: string; readonly ofAuth: ReadonlySet<string> };

/** Why a named secret must not be sent; undefined if all may be. One of an OAuth2 client goes to its token URL too. */
export const leavingSecret = (named: readonly Secret[], { task, origin, ofAuth }: SentSecrets): string | undefined => {
  const tokenUrl = task.auth?.authMethod === 'oauth2' ? URL.parse(task.auth.tokenUrl)?.origin : undefined;
  for (const { name, allowedOrigins } of named) {
    const origins = tokenUrl !== undefined && ofAuth.has(name) ? [origin, tokenUrl] : [origin];
    const to = refusedOrigin(allowedOrigins, origins);
    if (allowedOrigins !== undefined && to !== undefined)
      return mayNotGo(name, { allowed: allowedOrigins, origin: to });
  }
  return undefined;
};
