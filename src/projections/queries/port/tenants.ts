import type { ApiToken } from '../../../domain/events/index.ts';
import type { Tenant } from '../../../domain/values.ts';
import type { ListPage, PageRequest } from './pages.ts';
import type { Scope, TenantScope } from './scope.ts';

/** A tenant, and how much it has. */
export type TenantView = {
  readonly tenant: Tenant;
  readonly applications: number;
  readonly jobs: number;
  readonly tokens: number;
};

/** An API token as the API shows it. */
export type TokenView = Omit<ApiToken, 'tokenId' | 'tenant' | 'secretHash'> & { readonly id: number };

/** Of tenants, their erasures and their tokens. */
export type TenantQueries = {
  /** The tenants that have or had anything, by name. @throws BadCursor */
  listTenants(scope: Pick<Scope, 'signal'>, page: PageRequest): Promise<ListPage<TenantView>>;
  /** Undefined where there never was anything of the tenant. */
  getTenant(scope: TenantScope): Promise<TenantView | undefined>;
  /** Tenants whose erasure was requested and has not ended, oldest first. */
  openErasures(limit: number): Promise<readonly Tenant[]>;
  /** How many changes of a tenant were made under a correlation id from an instant (ISO) on, by action. */
  countEnded(
    scope: TenantScope,
    made: { readonly correlationId: string; readonly from: string },
  ): Promise<Readonly<Record<string, number>>>;
  /** Oldest first. @throws BadCursor */
  listTokens(scope: Scope, page: PageRequest): Promise<ListPage<TokenView>>;
  getToken(scope: Scope, tokenId: number): Promise<TokenView | undefined>;
};
