import { parentPort, workerData } from 'node:worker_threads';
import { yamlDocuments } from './yaml-documents.ts';

parentPort?.postMessage(yamlDocuments(String(workerData)));
