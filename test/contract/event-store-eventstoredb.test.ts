import { describeEventStore } from './event-store.ts';
import { fakeEventStoreDbLog } from './event-store-eventstoredb-log.ts';

describeEventStore('eventstoredb', fakeEventStoreDbLog);
