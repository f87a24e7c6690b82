import type { ApiToken } from '../../../domain/events/index.ts';
import type { Tenant } from '../../../domain/values.ts';

/** A tenant, and how much it has. */
export type TenantView = {
  readonly tenant: Tenant;
  readonly applications: number;
  readonly jobs: number;
  readonly tokens: number;
};

/** An API token as the API shows it. */
export type TokenView = Omit<ApiToken, 'tokenId' | 'tenant' | 'secretHash'> & { readonly id: number };
