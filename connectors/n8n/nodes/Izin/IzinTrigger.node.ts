import { NodeConnectionTypes } from 'n8n-workflow';
import type { IDataObject, INodeExecutionData, INodeType, INodeTypeDescription, IPollFunctions } from 'n8n-workflow';
import { page } from './client';

/** Starts a workflow with what is new in the feed. n8n polls as often as its node says: every minute is enough. */
export class IzinTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'İzin Trigger',
		name: 'izinTrigger',
		icon: 'file:izin.svg',
		group: ['trigger'],
		version: 1,
		description: 'Starts when somebody refuses or consents',
		defaults: { name: 'İzin Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'izinApi', required: true }],
		properties: [
			{
				displayName: 'Whose Changes',
				name: 'side',
				type: 'options',
				options: [{ name: 'People’s Own', value: 'IYS' }, { name: 'Your Company’s', value: 'HS' }],
				default: 'IYS',
			},
			{ displayName: 'Refusals Only', name: 'refusals', type: 'boolean', default: true },
		],
	};

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const kept = this.getWorkflowStaticData('node') as IDataObject;
		const side = this.getNodeParameter('side') as string;
		const refusals = this.getNodeParameter('refusals') as boolean;
		const trial = this.getMode() === 'manual'; // somebody builds the workflow: the cursor stays
		let after = kept.side === side ? String(kept.after ?? '') : '';
		let found: IDataObject[] = [];
		for (let pages = 0; pages < (trial ? 1 : 20); pages++) {
			const next = await page(this, side, after, trial ? 10 : undefined);
			if (next === null) break;
			after = next.after;
			found = found.concat(next.list);
		}
		if (!trial) Object.assign(kept, { side, after });
		const wanted = refusals ? found.filter((one) => one.status === 'RET') : found;
		return wanted.length > 0 ? [wanted.map((json) => ({ json }))] : null;
	}
}
