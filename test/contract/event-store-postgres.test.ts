import { describeEventStore } from './event-store.ts';
import { postgresLog } from './event-store-postgres-log.ts';

describeEventStore('postgres', postgresLog);
