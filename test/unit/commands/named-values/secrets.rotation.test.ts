import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { CommandContext } from '../../../../src/commands/command.ts';
import type { CommandDeps } from '../../../../src/commands/command-deps.ts';
import { runOnce } from '../../../../src/commands/loop/requests/run-once.ts';
import { eraseSecrets, rotateSecrets } from '../../../../src/commands/named-values/secrets.ts';
import type { DomainEvent } from '../../../../src/domain/events/index.ts';
import { applicationStream, idsStream, keysStream } from '../../../../src/domain/streams.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { type EventStore, NO_STREAM } from '../../../../src/event-store/port.ts';
import { createKeyRing } from '../../../../src/secrets/key-ring.ts';
import { createSealer, type Sealer } from '../../../../src/secrets/sealer.ts';
import { anApplication } from '../../../support/applications.ts';
import { emptyMemoryStore, ringEntry, testUse } from '../../../support/sealing.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld, settle } from '../../../support/world.ts';

const context: CommandContext = { tenant: 'acme', actor: { type: 'user', name: 'ann' }, correlationId: 'c-1' };
const OLD = ringEntry('old', 1);
const NEW = ringEntry('new', 2);

/** A log with applications 1 to 3, of which 1 and 3 have sealed something by the old key of the ring. */
const openLog = async () => {
  const store = emptyMemoryStore();
  const world = manualWorld();
  const log = { store, world, lanes: createStreamQueues() };
  const append = async (stream: string, event: DomainEvent): Promise<void> => {
    const [last] = await store.readLast([stream]);
    const { actor, correlationId } = context;
    const events = [{ ...event, id: randomUUID(), metadata: { actor, correlationId } }];
    await store.append({ stream, expectedRevision: last?.revision ?? NO_STREAM, events });
  };
  const sealerOf = (setting: string) => createSealer({ ...log, ring: createKeyRing(setting) });
  const depsOf = (setting: string) => {
    const sealer = sealerOf(setting);
    const seal = async () => (await sealer.freshKeysOf('acme', 1)).seal('hush', testUse);
    const secrets = stub<CommandDeps['secrets'] & Sealer>({ ...sealer, seal });
    return { ...stub<CommandDeps>(log), ...log, secrets, seal };
  };
  await append(idsStream('applications'), {
    type: 'IdsReserved',
    data: { kind: 'applications', first: 1, last: 10 },
  });
  for (const applicationId of [1, 2, 3]) {
    await append(applicationStream(applicationId), {
      type: 'ApplicationCreated',
      data: anApplication({ applicationId }),
    });
  }
  const old = sealerOf(OLD);
  const sealed = (await old.keysOf('acme', 1)).seal('hush', testUse);
  await old.keysOf('acme', 3);
  return { store, append, sealerOf, depsOf, sealed };
};

describe('rotate secrets', () => {
  it('wraps every data key that there is by the current key, once, and what was sealed still opens', async () => {
    const { store, depsOf, sealerOf, sealed } = await openLog();
    const rotate = rotateSecrets(depsOf(`${NEW},${OLD}`));
    expect(await rotate()).to.deep.equal({ rewrapped: 2, current: 0, failed: [] });
    expect(await rotate()).to.deep.equal({ rewrapped: 0, current: 2, failed: [] });
    expect(await store.readLast([keysStream(2, 1)])).to.deep.equal([undefined]);
    expect((await sealerOf(NEW).keysOf('acme', 1)).unseal(sealed, testUse)).to.equal('hush');
  });

  it('reports for a key that it can not unwrap, and wraps the others', async () => {
    const { depsOf, sealerOf } = await openLog();
    await sealerOf(ringEntry('lost', 3)).keysOf('acme', 2);
    const { rewrapped, failed } = await rotateSecrets(depsOf(`${NEW},${OLD}`))();
    expect(rewrapped).to.equal(2);
    expect(failed).to.have.length(1);
    expect(failed[0]).to.include({ applicationId: 2, code: 'SECRET_KEY_UNKNOWN' });
  });

  it('wraps also the key that was to be erased by a process that died before it was', async () => {
    const { append, depsOf } = await openLog();
    await append(applicationStream(1), {
      type: 'SecretsErased',
      data: { ...anApplication({ applicationId: 1, erasedGeneration: 1 }), generation: 1 },
    });
    expect(await rotateSecrets(depsOf(`${NEW},${OLD}`))()).to.deep.equal({ rewrapped: 2, current: 0, failed: [] });
  });

  it('wraps the current key, even if earlier keys were erased unrecorded', async () => {
    const { store, depsOf } = await openLog();
    const deps = depsOf(OLD);
    await eraseSecrets(deps)(context, 1);
    await deps.seal();
    await store.deleteStream(keysStream(1, 2));
    expect((await depsOf(OLD).seal()).$sealed.generation).to.equal(3);
    const rotated = await rotateSecrets(depsOf(`${NEW},${OLD}`))();
    expect(rotated).to.deep.equal({ rewrapped: 2, current: 0, failed: [] });
    expect((await store.readLast([keysStream(1, 3)]))[0]).to.have.nested.property('data.keyEncryptionKeyId', 'new');
  });
});

const activeDefinition = ({ secrets }: { secrets: Pick<Sealer, 'currentGeneration'> }) =>
  secrets.currentGeneration({ tenant: 'acme', applicationId: 1, from: 1 });

describe('erase secrets', () => {
  it('reports it in the log, then deletes the key; the next one belongs to a new generation', async () => {
    const { store, depsOf } = await openLog();
    const deps = depsOf(OLD);
    expect((await eraseSecrets(deps)(context, 1)).value).to.deep.equal({ applicationId: 1, generation: 1 });
    const [last] = await store.readLast([applicationStream(1)]);
    expect(last).to.deep.include({ type: 'SecretsErased' });
    expect(await activeDefinition(deps)).to.equal(undefined);
    expect((await deps.seal()).$sealed.generation).to.equal(2);
    expect((await eraseSecrets(deps)(context, 1)).value).to.deep.equal({ applicationId: 1, generation: 2 });
  });

  it('has nothing to do if nothing was sealed', async () => {
    const { depsOf } = await openLog();
    const { value, position } = await eraseSecrets(depsOf(OLD))(context, 2);
    expect([value, position]).to.deep.equal([{ applicationId: 2 }, undefined]);
  });

  it('continues where a process died after recording it', async () => {
    const { append, depsOf } = await openLog();
    const deps = depsOf(OLD);
    await append(applicationStream(1), {
      type: 'SecretsErased',
      data: { ...anApplication({ applicationId: 1, erasedGeneration: 1 }), generation: 1 },
    });
    expect((await eraseSecrets(deps)(context, 1)).value).to.deep.equal({ applicationId: 1, generation: 1 });
    expect(await activeDefinition(deps)).to.equal(undefined);
  });

  it('erases only the recorded key, even if repeated after a new key exists', async () => {
    const { store, depsOf } = await openLog();
    const deps = depsOf(OLD);
    const request = { context, key: 'erase-once', bodyHash: 'h' };
    const erase = () =>
      runOnce(deps, request, async (as) => ({ status: 200, body: { ...(await eraseSecrets(deps)(as, 1)).value } }));
    const dying: Pick<EventStore, 'append'> = {
      append: (append) =>
        append.events.some(({ type }) => type === 'ResponseRecorded') ? new Promise(() => {}) : store.append(append),
    };
    const dead = { ...depsOf(OLD), lanes: createStreamQueues(), store: { ...store, ...dying } };
    void runOnce(dead, request, async (as) => ({ status: 200, body: (await eraseSecrets(deps)(as, 1)).value }));
    await settle();
    expect(await activeDefinition(deps)).to.equal(undefined);
    await deps.world.advance(60_000);
    const sealed = await deps.seal();
    expect(await erase()).to.deep.include({ body: { applicationId: 1, generation: 1 } });
    expect(await activeDefinition(deps)).to.equal(2);
    expect((await depsOf(OLD).secrets.freshKeysOf('acme', 1)).unseal(sealed, testUse)).to.equal('hush');
  });
});
