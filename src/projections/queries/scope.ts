import { sql } from 'slonik';
import { storable } from '../columns.ts';
import type { Scope } from './port.ts';
import { views } from './views.ts';

/**
 * The one place where queries tell tenants apart: a FROM item `visible (tenant)` with the tenants whose rows may be
 * seen. Every query joins it; lists do so laterally, so that each tenant's rows come from one index.
 */
export const visible = ({ tenant }: Scope) =>
  tenant === undefined
    ? sql.fragment`(SELECT DISTINCT tenant FROM ${views.applications}) AS visible (tenant)`
    : sql.fragment`(SELECT ${storable(tenant)}::text) AS visible (tenant)`;
