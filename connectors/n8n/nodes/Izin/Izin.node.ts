import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { MOST, call, faults_of, page, report, words } from './client';

const options = (...names: string[]) => names.map((name) => ({ name, value: name }));
const shown = (...operation: string[]) => ({ show: { operation } });
const OF_ONE = ['add', 'status', 'list'];

const PROPERTIES: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		default: 'add',
		options: [
			{ name: 'Add', value: 'add', action: 'Report consents or refusals', description: 'Reports each item and waits for its result' },
			{ name: 'Changes', value: 'changes', action: 'Read changes', description: 'Reads movements from a cursor on' },
			{ name: 'List', value: 'list', action: 'Check a list', description: 'For each item, whether you may write now' },
			{ name: 'Status', value: 'status', action: 'Read one consent', description: 'What stands for each item' },
		],
	},
	{ displayName: 'Recipient', name: 'recipient', type: 'string', default: '={{ $json.recipient }}', required: true, displayOptions: shown(...OF_ONE) },
	{ displayName: 'Channel', name: 'type', type: 'options', options: options('EPOSTA', 'MESAJ', 'ARAMA'), default: 'EPOSTA', displayOptions: shown(...OF_ONE) },
	{ displayName: 'Recipient Type', name: 'recipientType', type: 'options', options: options('BIREYSEL', 'TACIR'), default: 'BIREYSEL', displayOptions: shown(...OF_ONE) },
	{ displayName: 'Consent', name: 'status', type: 'options', options: options('ONAY', 'RET'), default: 'ONAY', displayOptions: shown('add') },
	{ displayName: 'Source', name: 'source', type: 'string', default: 'HS_WEB', displayOptions: shown('add') },
	{
		displayName: 'Given At',
		name: 'consentDate',
		type: 'string',
		default: '',
		description: 'Türkiye’s time, as 2026-11-30 10:15:00. Empty: now. At most three business days ago.',
		displayOptions: shown('add'),
	},
	{ displayName: 'Wording', name: 'text', type: 'string', default: '', description: 'What the person read: the evidence of an ONAY', displayOptions: shown('add') },
	{ displayName: 'Version of the Wording', name: 'version', type: 'string', default: '', displayOptions: shown('add') },
	{ displayName: 'Whose Changes', name: 'side', type: 'options', options: [{ name: 'People’s Own', value: 'IYS' }, { name: 'Your Company’s', value: 'HS' }], default: 'IYS', displayOptions: shown('changes') },
	{ displayName: 'After', name: 'after', type: 'string', default: '', description: 'The cursor of the last answer. Empty: seven days ago.', displayOptions: shown('changes') },
];

export class Izin implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'İzin',
		name: 'izin',
		icon: 'file:izin.svg',
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] }}',
		description: 'Reports and checks consents',
		defaults: { name: 'İzin' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'izinApi', required: true }],
		properties: PROPERTIES,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = this.getNodeParameter('operation', 0) as string;
		const count = this.getInputData().length;
		if (operation === 'changes') return [await changes(this)];
		const found: INodeExecutionData[] = [];
		for (let start = 0; start < count; start += MOST) {
			const places = Array.from({ length: Math.min(MOST, count - start) }, (_, place) => start + place);
			const results = await { add, status, list }[operation as 'add' | 'status' | 'list'](this, places);
			places.forEach((item, index) => found.push({ json: results[index], pairedItem: { item } }));
		}
		return [found];
	}
}

/** The key of an item, as its fields give it. */
function key(on: IExecuteFunctions, place: number): IDataObject {
	const of = (name: string) => String(on.getNodeParameter(name, place)).trim();
	return { recipient: of('recipient'), recipientType: of('recipientType'), type: of('type') };
}

async function add(on: IExecuteFunctions, places: number[]): Promise<IDataObject[]> {
	const now = new Date(Date.now() + 3 * 3600_000).toISOString().slice(0, 19).replace('T', ' '); // Türkiye: UTC+3
	const items = places.map((place) => ({
		...key(on, place),
		status: on.getNodeParameter('status', place) as string,
		source: on.getNodeParameter('source', place) as string,
		consentDate: (on.getNodeParameter('consentDate', place) as string) || now,
	}));
	const results = await report(on, items);
	for (const [index, place] of places.entries()) {
		const text = on.getNodeParameter('text', place) as string;
		if (!text || !results[index].transactionId || items[index].status !== 'ONAY') continue;
		const sent = { transactionId: results[index].transactionId, text, version: (on.getNodeParameter('version', place) as string) || undefined };
		const answer = await call(on, 'POST', '/consents/evidence', sent, `evidence-${results[index].transactionId}`);
		results[index].evidence = answer.status === 200;
		if (answer.status !== 200) results[index].error = words(answer);
	}
	return results.map((result, index) => ({ ...items[index], ...result }));
}

async function status(on: IExecuteFunctions, places: number[]): Promise<IDataObject[]> {
	const found: IDataObject[] = [];
	for (const place of places) {
		const answer = await call(on, 'POST', '/consents/status', key(on, place));
		if (answer.status === 422) found.push({ ...key(on, place), error: words(answer) });
		else if (answer.status === 200) found.push({ ...key(on, place), ...answer.body });
		else throw new NodeOperationError(on.getNode(), words(answer), { itemIndex: place });
	}
	return found;
}

async function list(on: IExecuteFunctions, places: number[]): Promise<IDataObject[]> {
	const items = places.map((place) => key(on, place));
	const groups = new Map<string, IDataObject[]>();
	for (const one of items) {
		const path = `/consents/${one.recipientType}/status/${one.type}`;
		groups.set(path, [...(groups.get(path) ?? []), one]);
	}
	for (const [path, held] of groups) {
		const faults = new Map<unknown, string>();
		let recipients = [...new Set(held.map((one) => one.recipient))];
		let allowed = new Set<unknown>();
		while (recipients.length > 0) {
			const answer = await call(on, 'POST', path, { recipients });
			if (answer.status === 200) {
				allowed = new Set(answer.body.list as string[]);
				break;
			}
			// One faulty address refuses the question for all: it leaves, and the others are asked for again.
			const named = faults_of(answer, recipients.length);
			if (named.size === 0) throw new NodeOperationError(on.getNode(), words(answer));
			for (const [index, error] of named) faults.set(recipients[index], error);
			recipients = recipients.filter((_, index) => !named.has(index));
		}
		for (const one of held) {
			one.maySend = allowed.has(one.recipient);
			if (faults.has(one.recipient)) one.error = faults.get(one.recipient);
		}
	}
	return items;
}

async function changes(on: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const found: INodeExecutionData[] = [];
	let after = on.getNodeParameter('after', 0) as string;
	for (;;) {
		const next = await page(on, on.getNodeParameter('side', 0) as string, after);
		if (next === null) return found;
		after = next.after;
		for (const movement of next.list) found.push({ json: { ...movement, after }, pairedItem: { item: 0 } });
	}
}
