import type {
	IAuthenticateGeneric,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestHelper,
	INodeProperties,
} from 'n8n-workflow';

/** A program's user of one brand. n8n fetches a new token when İzin no longer takes the last one. */
export class IzinApi implements ICredentialType {
	name = 'izinApi';
	displayName = 'İzin API';
	properties: INodeProperties[] = [
		{ displayName: 'Token', name: 'token', type: 'hidden', typeOptions: { expirable: true }, default: '' },
		{ displayName: 'Address of İzin', name: 'url', type: 'string', default: '', placeholder: 'https://izin.example.com', required: true },
		{ displayName: 'User Name', name: 'user', type: 'string', default: '', required: true },
		{ displayName: 'Password', name: 'password', type: 'string', typeOptions: { password: true }, default: '', required: true },
		{ displayName: 'Company Number (iysCode)', name: 'iys', type: 'string', default: '', required: true },
		{ displayName: 'Brand Number (brandCode)', name: 'brand', type: 'string', default: '', required: true },
		{
			displayName: 'Signing Secret of the Push Connection',
			name: 'secret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Only for the push trigger. İzin’s panel shows it once.',
		},
	];

	async preAuthentication(this: IHttpRequestHelper, given: ICredentialDataDecryptedObject) {
		const url = String(given.url).replace(/\/$/, '');
		if (!/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$))/.test(url)) {
			throw new Error('The address of İzin must begin with https://');
		}
		const answer = (await this.helpers
			.httpRequest({
				method: 'POST',
				url: `${url}/oauth2/token`,
				body: { grant_type: 'password', username: given.user, password: given.password },
				json: true,
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true, // a redirect may take the password to another host
			})
			.catch((fault) => {
				// The error itself holds the request, and n8n shows errors and keeps them: only its code goes on.
				throw new Error(`İzin could not be reached (${fault.code ?? 'no answer'})`);
			})) as { statusCode: number; body: { access_token: string } };
		if (answer.statusCode !== 200) {
			throw new Error(`İzin gave no token for this user name and password (status ${answer.statusCode})`);
		}
		return { token: answer.body.access_token };
	}

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.token}}' } },
	};

	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.url}}', url: '=/sps/{{$credentials.iys}}/brands' },
	};
}
