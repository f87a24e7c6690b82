import { expect } from 'chai';
import type { TenantErasure, TenantEvent } from '../../../src/domain/events/index.ts';
import { decideEndErasure, decideRequestErasure, rejectErased } from '../../../src/domain/tenant.ts';
import { specOf } from '../../support/given.ts';

const { given } = specOf<TenantErasure | undefined, TenantEvent>(undefined, (_state, event) => event.data);
const at = '2026-03-02T10:00:00.000Z';
const later = '2026-03-02T12:00:00.000Z';
const wanted = {
  tenant: 'acme',
  actor: { type: 'user', name: 'bob' },
  correlationId: 'c-1',
  reason: 'They left',
} as const;
const erasure: TenantErasure = {
  tenant: 'acme',
  reason: 'They left',
  correlationId: 'c-1',
  createdBy: { type: 'user', name: 'bob' },
  createdAt: at,
};
const requested = (other: Partial<TenantErasure> = {}): TenantEvent => ({
  type: 'TenantErasureRequested',
  data: { ...erasure, ...other },
});
const erased: TenantEvent = { type: 'TenantErased', data: { ...erasure, erasedAt: later, counts: { deleteJob: 3 } } };

describe('request the erasure of a tenant', () => {
  const request = (when: string) => (state: TenantErasure | undefined) =>
    decideRequestErasure(wanted, state, Date.parse(when));

  it('records who requested it and why, once', () => {
    given().when(request(at)).thenOnce(requested());
  });
  it('records nothing while it is carried out', () => {
    given(requested({ correlationId: 'c-0' }))
      .when(request(later))
      .thenNothing();
  });
  it('goes over the tenant again once it has ended', () => {
    given(requested(), erased)
      .when(request(later))
      .thenOnce(requested({ createdAt: later }));
  });
});

describe('end the erasure of a tenant', () => {
  const end = (state: TenantErasure | undefined) => decideEndErasure(state, { deleteJob: 3 }, Date.parse(later));

  it('records what it ended, once', () => {
    given(requested()).when(end).thenOnce(erased);
  });
  it('records nothing if none was requested', () => {
    given().when(end).thenNothing();
  });
});

describe('a tenant that was erased', () => {
  it('is rejected, from the request on', () => {
    expect(() => rejectErased('acme', erasure))
      .to.throw('use a tenant with another name')
      .with.property('code', 'TENANT_ERASED');
    expect(() => rejectErased('acme', undefined)).to.not.throw();
  });
});
