/** The tests of the page share a service and a browser (`describePage`), so they run in one process. */
import './ui/applications.test.ts';
import './ui/attention.test.ts';
import './ui/audit.test.ts';
import './ui/edit-job.test.ts';
import './ui/executions.test.ts';
import './ui/job.test.ts';
import './ui/jobs.test.ts';
import './ui/keys.test.ts';
import './ui/operate.test.ts';
import './ui/queues.test.ts';
import './ui/report.test.ts';
import './ui/sign-in.test.ts';
import './ui/timeline.test.ts';
