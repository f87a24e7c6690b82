import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { TOPICS } from '../../../src/feed/topics.ts';
import { type Broker, describeKafka, isOnPath, startBroker } from '../../support/kafka.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { freshPrefix } from '../../support/publishing.ts';
import { endUnderBlows } from './kafka-ends.ts';
import { torture } from './kafka-torture.ts';

const BLOWS = [
  'kill the publisher',
  'start another publisher',
  'start another publisher',
  'kill the broker',
  'kill the publisher',
  'start another publisher',
  'kill the publisher',
] as const;
const hasKcat = isOnPath('kcat');
if (!hasKcat) console.log("SKIPPED: a second opinion by kcat: it isn't on the PATH");

describeKafka(
  'publishing under kill -9',
  () => {
    let broker: Broker;
    let database: FreshDatabase;
    before(async () => {
      [broker, database] = await Promise.all([startBroker(), freshDatabase()]);
    });
    after(async () => {
      await broker?.stop();
      await database?.drop();
    });

    it('gives committed readers each event once, in order', async () => {
      const seed = Date.now() % 1_000_000;
      const topicPrefix = freshPrefix();
      const options = { seed, broker, databaseUrl: database.url, topicPrefix, blows: BLOWS, jobsABlow: 40 };
      const { messages, ...tally } = await torture(options);
      expect(tally).to.deep.include({ wrong: [], found: tally.expected });
      expect(tally.events).to.be.greaterThan(1_000);
      if (!hasKcat) return;
      const all = messages.filter(({ topic }) => topic === topicPrefix + TOPICS.events).length;
      expect(await countByKcat(broker.brokers, topicPrefix + TOPICS.events)).to.equal(all);
    });

    it('gives them each message once when the broker is killed while it ends a transaction', async () => {
      const { undecided, wrong } = await endUnderBlows(broker, 2);
      console.log(`    ${undecided} of 2 transactions were left undecided by the broker`);
      expect(wrong).to.deep.equal([]);
    });
  },
  { ofItsOwn: true },
);

/** What a reader of another family sees. */
const countByKcat = async (brokers: readonly string[], topic: string): Promise<number> => {
  const from = ['-C', '-q', '-e', '-b', brokers.join(','), '-t', topic, '-o', 'beginning'];
  const { stdout } = await promisify(execFile)('kcat', [...from, '-X', 'isolation.level=read_committed', '-f', '%o\n']);
  return stdout.trim().split('\n').length;
};
