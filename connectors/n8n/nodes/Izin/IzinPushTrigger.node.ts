import { NodeConnectionTypes } from 'n8n-workflow';
import type { IDataObject, INodeType, INodeTypeDescription, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { signed } from './client';

const TEST = 121212; // brand of the record by which İzin tries an address

/** Movements of a push: İYS's list, or the data of CloudEvents; none where it is neither. */
function movements(body: Buffer): IDataObject[] {
	let read: any;
	try {
		read = JSON.parse(body.toString('utf8'));
	} catch {
		return [];
	}
	const list: unknown = Array.isArray(read) ? read.map((one) => one?.data) : read?.list;
	return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];
}

/** Starts a workflow with each signed push. Delivery is at least once: compare transactionId. */
export class IzinPushTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'İzin Push Trigger',
		name: 'izinPushTrigger',
		icon: 'file:izin.svg',
		group: ['trigger'],
		version: 1,
		description: 'Starts at once when İzin pushes a change',
		defaults: { name: 'İzin Push Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'izinApi', required: true }],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'izin' }],
		properties: [
			{
				displayName: 'Add this node’s address in İzin’s panel as a push connection, and enter the signing secret in the credential. Until then only İzin’s test record is accepted, and İzin repeats every other post.',
				name: 'notice',
				type: 'notice',
				default: '',
			},
		],
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const secret = String((await this.getCredentials('izinApi')).secret ?? '');
		const request = this.getRequestObject() as unknown as { rawBody?: Buffer };
		const refuse = (status: number): IWebhookResponseData => {
			this.getResponseObject().status(status).end();
			return { noWebhookResponse: true };
		};
		const body = request.rawBody ?? Buffer.alloc(0);
		if (secret && !signed(secret, this.getHeaderData() as IDataObject, body)) return refuse(401);
		const list = movements(body);
		if (list.length === 0) return refuse(400);
		const trial = list.length === 1 && Number(list[0].brandCode) === TEST;
		// Without a secret nobody knows who posts: İzin repeats what is not accepted, and nothing is lost.
		if (!secret) return trial ? { webhookResponse: 'OK' } : refuse(503);
		return trial ? { webhookResponse: 'OK' } : { workflowData: [list.map((json) => ({ json }))] };
	}
}
