/** The tests of a file share a service and a browser (`describePage`); those of the other file run beside them. */
import './ui/captions.test.ts';
import './ui/edit-job.test.ts';
import './ui/executions.test.ts';
import './ui/job.test.ts';
import './ui/jobs.test.ts';
import './ui/keys.test.ts';
