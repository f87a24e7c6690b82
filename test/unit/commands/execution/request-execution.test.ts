import { expect } from 'chai';
import type { PauseAuthority } from '../../../../src/domain/closure/pauses.ts';
import { isRunEvent } from '../../../../src/domain/events/index.ts';
import { runsStream } from '../../../../src/domain/streams.ts';
import { addJob, asAnn, commandsOver, inMemory } from '../../../support/engines.ts';
import { codeOf } from '../../../support/given.ts';
import { NEVER_CLOSED } from '../../../support/none.ts';

describe('requesting an execution of a paused job', () => {
  const start = async (pausedBy: PauseAuthority = 'tenant') => {
    const { world, store } = inMemory();
    const commands = commandsOver(store, world, { jobClosures: { ...NEVER_CLOSED, pausedBy: async () => pausedBy } });
    const { jobId } = await addJob(commands);
    const rerun = { executionId: 41, jobId, scheduledAt: '2026-03-01T09:00:00.000Z', definitionRevision: undefined };
    return { commands, jobId, rerun };
  };

  it('is rejected', async () => {
    const { commands, jobId, rerun } = await start();
    expect(await codeOf(commands.triggerJob(asAnn, jobId))).to.equal('PAUSED');
    expect(await codeOf(commands.triggerJob(asAnn, jobId, { force: false }))).to.equal('PAUSED');
    expect(await codeOf(commands.rerunExecution(asAnn, rerun, {}))).to.equal('PAUSED');
  });

  it('is forced by administrators alone if the whole installation is paused', async () => {
    const { commands, jobId, rerun } = await start('installation');
    const administrator = { ...asAnn, isAdministrator: true } as const;
    expect(await codeOf(commands.triggerJob(asAnn, jobId, { force: true }))).to.equal('PAUSED');
    expect(await codeOf(commands.rerunExecution(asAnn, rerun, { force: true }))).to.equal('PAUSED');
    expect(await codeOf(commands.triggerJob(administrator, jobId, {}))).to.equal('PAUSED');
    expect(await codeOf(commands.triggerJob(administrator, jobId, { force: true }))).to.equal('was accepted');
  });

  it('is accepted if it is forced, and the execution reports it', async () => {
    const { commands, jobId, rerun } = await start();
    const { value } = await commands.triggerJob(asAnn, jobId, { force: true });
    expect(value.execution).to.include({ trigger: 'manual', forced: true });
    expect(await codeOf(commands.rerunExecution(asAnn, rerun, { force: true }))).to.equal('was accepted');
    expect(await codeOf(commands.triggerJob(asAnn, jobId, { force: 'yes' }))).to.equal('BAD_INPUT');
  });
});

describe('requesting an execution that replaces others', () => {
  it('cancels them by several appends if they are many', async () => {
    const { world, store } = inMemory();
    const commands = commandsOver(store, world, { jobClosures: NEVER_CLOSED });
    const { jobId } = await addJob(commands, { overlap: 'allow' });
    // So the events that cancel all of them are together beyond the limit of an append.
    const asOther = { ...asAnn, actor: { type: 'user' as const, name: 'a'.repeat(200) } };
    for (let open = 0; open < 100; open += 1) await commands.triggerJob(asOther, jobId);
    const { value } = await commands.triggerJob(asAnn, jobId, { overlap: 'replace' });
    const recorded = await Array.fromAsync(store.readStream(runsStream(jobId)));
    const events = recorded.flatMap((event) => (isRunEvent(event) ? [event] : []));
    expect(events.filter(({ type }) => type === 'ExecutionCancelled')).to.have.length(100);
    expect(events.at(-1)?.data.tail.open).to.deep.equal([value.execution]);
    expect(value.execution.inputRevision).to.equal(events.at(-1)?.revision);
  });

  it('cancels nothing when it is repeated after it was made', async () => {
    const { world, store } = inMemory();
    const commands = commandsOver(store, world, { jobClosures: NEVER_CLOSED });
    const { jobId } = await addJob(commands, { overlap: 'replace' });
    await commands.triggerJob(asAnn, jobId);
    const [made] = (await Array.fromAsync(store.readStream(runsStream(jobId)))).slice(-1);
    if (made === undefined || !isRunEvent(made)) throw new Error('nothing was requested');
    for (let open = 0; open < 15; open += 1) await commands.triggerJob(asAnn, jobId, { overlap: 'allow' });
    const before = await store.end();
    const { revision, position } = made;
    const own = { plan: async () => {}, lost: () => {}, made: { events: [made], revision, position } };
    await commands.triggerJob({ ...asAnn, own }, jobId);
    expect(await store.end()).to.equal(before);
  });
});
