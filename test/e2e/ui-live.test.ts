/** The tests of a file share a service and a browser (`describePage`); those of ui.test.ts run beside them. */
import './ui/applications.test.ts';
import './ui/barriers.test.ts';
import './ui/live.test.ts';
import './ui/operate.test.ts';
import './ui/readers.test.ts';
import './ui/sign-in.test.ts';
