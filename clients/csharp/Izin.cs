// Client of the API for companies' programs: İzin's, and İYS's, which has the same calls. C# 7, no package.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Izin
{
    [DataContract]
    public class Consent
    {
        [DataMember(Name = "recipient")] public string Recipient;
        [DataMember(Name = "recipientType")] public string RecipientType = "BIREYSEL";
        [DataMember(Name = "type")] public string Type;
        [DataMember(Name = "status")] public string Status;
        [DataMember(Name = "source", EmitDefaultValue = false)] public string Source;
        [DataMember(Name = "consentDate", EmitDefaultValue = false)] public string ConsentDate;
        [DataMember(Name = "retailerCode", EmitDefaultValue = false)] public int? RetailerCode;
    }

    /// <summary>A movement, and what stands of a consent; fields are null where there is no record.</summary>
    [DataContract]
    public class Movement
    {
        [DataMember(Name = "recipient")] public string Recipient;
        [DataMember(Name = "recipientType")] public string RecipientType;
        [DataMember(Name = "type")] public string Type;
        [DataMember(Name = "status")] public string Status;
        [DataMember(Name = "source")] public string Source;
        [DataMember(Name = "consentDate")] public string ConsentDate;
        [DataMember(Name = "creationDate")] public string CreationDate;
        [DataMember(Name = "transactionId")] public string TransactionId;
        [DataMember(Name = "disputed")] public bool Disputed;
        [DataMember(Name = "erasedTransactionIds")] public string[] ErasedTransactionIds;
    }

    [DataContract]
    public class ChangePage
    {
        /// <summary>Save it once the movements are stored.</summary>
        [DataMember(Name = "after")] public string After;
        [DataMember(Name = "list")] public Movement[] Movements;
    }

    /// <summary>Index: of the item in a list, from 0.</summary>
    [DataContract]
    public class Fault
    {
        [DataMember(Name = "code")] public string Code;
        [DataMember(Name = "message")] public string Message;
        [DataMember(Name = "index")] public int? Index;
    }

    /// <summary>Stored: false where Code has the reason; null while the registry has not stored the item yet.</summary>
    public class ItemResult
    {
        public int Index;
        public bool? Stored;
        public string TransactionId, Code, Message;
    }

    /// <summary>Accepted is not stored: AwaitResults has what came of each item.</summary>
    public class SentList
    {
        public readonly List<(string RequestId, int[] Indexes)> Requests = new List<(string, int[])>();
        public readonly List<ItemResult> Rejected = new List<ItemResult>();
    }

    /// <summary>An answer of 400 and more.</summary>
    public class ApiException : Exception
    {
        public readonly int Status;
        public readonly Fault[] Faults;
        public readonly int? RetryAfter;

        public ApiException(int status, Fault[] faults, int? retryAfter)
            : base(status + ": " + string.Join("; ", faults.Select(one => one.Code + " " + one.Message)))
        {
            Status = status;
            Faults = faults;
            RetryAfter = retryAfter;
        }
    }

    /// <summary>The post is not the registry's, or is too old. Answer 401 and store nothing.</summary>
    public class BadPushException : Exception
    {
        public BadPushException(string message) : base(message) { }
    }

    /// <summary>One user of the API, one provider, one brand. Keep one object: it keeps the token.</summary>
    public class Client : IDisposable
    {
        const int Most = 1000; // consents in a list, addresses in a query, movements on a page
        const int Ahead = 60; // seconds before its end at which a token is renewed
        static readonly int[] TryAgain = { 429, 500, 502, 503, 504 };
        static readonly Random Chance = new Random();
        readonly HttpClient http;
        readonly string root, username, password, brand;
        readonly int tries, maxWait;
        readonly SemaphoreSlim renewing = new SemaphoreSlim(1);
        string access = "", refresh = "";
        DateTime accessUntil, refreshUntil;

        /// <param name="maxWait">The most seconds that a call waits for one Retry-After (H084: up to an hour).</param>
        public Client(string baseUrl, string username, string password, long iysCode, long brandCode, int tries = 6, int maxWait = 3600)
        {
            http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
            root = baseUrl.TrimEnd('/'); // with its path, such as /sandbox
            this.username = username;
            this.password = password;
            this.tries = tries;
            this.maxWait = maxWait;
            brand = $"/sps/{iysCode}/brands/{brandCode}";
        }

        public void Dispose() => http.Dispose();

        /// <summary>As the API writes moments: Türkiye's wall clock.</summary>
        public static string TurkishTime(DateTimeOffset at) =>
            at.ToOffset(TimeSpan.FromHours(3)).ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

        /// <summary>Declares one consent or refusal; a repeat gets the first one's answer.</summary>
        public Task<Movement> Add(Consent consent, string idempotencyKey = null) =>
            Post<Movement>($"/v2{brand}/consents", consent, idempotencyKey);

        /// <summary>Queues any number of consents, in parts of a thousand; items of a wrong form do not stop the others.</summary>
        public async Task<SentList> SendList(IReadOnlyList<Consent> consents)
        {
            var sent = new SentList();
            for (var first = 0; first < consents.Count; first += Most)
            {
                var indexes = Enumerable.Range(first, Math.Min(Most, consents.Count - first)).ToArray();
                while (indexes.Length > 0)
                {
                    try
                    {
                        var body = indexes.Select(index => consents[index]).ToArray();
                        var answer = await Post<Queued>($"/v2{brand}/consents/request", body);
                        sent.Requests.Add((answer.RequestId, indexes));
                        break;
                    }
                    catch (ApiException error) when ((error.Status == 403 || error.Status == 422)
                        && error.Faults.Length > 0 && error.Faults.All(one => one.Index != null))
                    {
                        var wrong = error.Faults.GroupBy(one => one.Index.Value).ToDictionary(one => one.Key, one => one.First());
                        foreach (var one in wrong)
                            sent.Rejected.Add(new ItemResult { Index = indexes[one.Key], Stored = false, Code = one.Value.Code, Message = one.Value.Message });
                        indexes = indexes.Where((_, place) => !wrong.ContainsKey(place)).ToArray();
                    }
                }
            }
            return sent;
        }

        /// <summary>What came of each item, by Index. Stored is null for what is not stored after the timeout: ask again later.</summary>
        public async Task<List<ItemResult>> AwaitResults(SentList sent, int timeout = 600)
        {
            var found = new List<ItemResult>(sent.Rejected);
            var end = DateTime.UtcNow.AddSeconds(timeout);
            foreach (var request in sent.Requests)
            {
                for (var pause = 1.0; ; pause = Math.Min(pause * 2, 60))
                {
                    var results = await Results(request.RequestId, request.Indexes);
                    if (DateTime.UtcNow >= end || results.All(one => one.Stored != null))
                    {
                        found.AddRange(results);
                        break;
                    }
                    await Task.Delay(TimeSpan.FromSeconds(pause));
                }
            }
            return found.OrderBy(one => one.Index).ToList();
        }

        /// <summary>Fields are null for a recipient without a record, which has no consent.</summary>
        public Task<Movement> Status(string recipient, string type, string recipientType = "BIREYSEL") =>
            Post<Movement>($"{brand}/consents/status", new Key { Recipient = recipient, Type = type, RecipientType = recipientType });

        /// <summary>Those with ONAY, as they were given. Send nothing to the others.</summary>
        public async Task<HashSet<string>> Approved(IReadOnlyList<string> recipients, string type, string recipientType = "BIREYSEL")
        {
            var found = new HashSet<string>();
            for (var first = 0; first < recipients.Count; first += Most)
            {
                var body = new Recipients { List = recipients.Skip(first).Take(Most).ToArray() };
                found.UnionWith((await Post<Allowed>($"{brand}/consents/{recipientType}/status/{type}", body)).List);
            }
            return found;
        }

        /// <summary>The next page of movements, the oldest first; null where there is nothing new. Store it, then save its
        /// After, then ask on.</summary>
        public Task<ChangePage> Changes(string after = null, string source = "IYS", int limit = Most) =>
            Get<ChangePage>($"{brand}/consents/changes?source={source}&limit={limit}" + (after == null ? "" : "&after=" + Uri.EscapeDataString(after)));

        /// <summary>Any GET of the API; null for 204. T is a DataContract.</summary>
        public Task<T> Get<T>(string path) => Call<T>(HttpMethod.Get, path, null, null);

        /// <summary>Any POST. Every try bears the same Idempotency-Key, so a repeat after a lost answer does nothing again.</summary>
        public Task<T> Post<T>(string path, object body, string idempotencyKey = null) =>
            Call<T>(HttpMethod.Post, path, body, idempotencyKey ?? Guid.NewGuid().ToString());

        async Task<List<ItemResult>> Results(string request, int[] indexes)
        {
            var answer = (await Get<Item[]>($"/v2{brand}/consents/request/{request}")).ToDictionary(one => one.Index);
            return indexes.Select((index, place) =>
            {
                answer.TryGetValue(place, out var one);
                var stored = one == null || one.Status == "enqueue" ? (bool?)null : one.Status == "success";
                return new ItemResult { Index = index, Stored = stored, TransactionId = one?.TransactionId, Code = one?.Error?.Code, Message = one?.Error?.Message };
            }).ToList();
        }

        async Task<T> Call<T>(HttpMethod method, string path, object body, string key)
        {
            for (var renewed = false; ; renewed = true)
            {
                var token = await Token();
                try
                {
                    return await Tried<T>(method, path, body, key, token);
                }
                catch (ApiException error) when (error.Status == 401 && !renewed)
                {
                    if (token == access) accessUntil = default; // it was ended before its time: once with a new one
                }
            }
        }

        async Task<string> Token()
        {
            await renewing.WaitAsync();
            try
            {
                if (DateTime.UtcNow < accessUntil) return access;
                var now = DateTime.UtcNow;
                Tokens fresh = null;
                if (now < refreshUntil)
                {
                    try
                    {
                        fresh = await Take(new TokenRequest { GrantType = "refresh_token", RefreshToken = refresh });
                    }
                    catch (ApiException error) when (error.Status == 400)
                    {
                        // It is spent or ended: the password has to do it.
                    }
                }
                fresh = fresh ?? await Take(new TokenRequest { GrantType = "password", Username = username, Password = password });
                (access, refresh) = (fresh.Access, fresh.Refresh);
                (accessUntil, refreshUntil) = (now.AddSeconds(fresh.Expires - Ahead), now.AddSeconds(fresh.RefreshExpires - Ahead));
                return access;
            }
            finally
            {
                renewing.Release();
            }
        }

        // The key makes a repeat safe: a refresh token that is used twice would end all tokens of its password.
        Task<Tokens> Take(TokenRequest fields) =>
            Tried<Tokens>(HttpMethod.Post, "/oauth2/token", fields, Guid.NewGuid().ToString(), null);

        async Task<T> Tried<T>(HttpMethod method, string path, object body, string key, string token)
        {
            var pause = 0.5;
            for (var left = tries - 1; ; left--)
            {
                double wait;
                try
                {
                    using (var request = new HttpRequestMessage(method, root + path))
                    {
                        if (body != null) request.Content = new StringContent(Json.Write(body), Encoding.UTF8, "application/json");
                        if (key != null) request.Headers.Add("Idempotency-Key", key);
                        if (token != null) request.Headers.Add("Authorization", "Bearer " + token);
                        using (var answer = await http.SendAsync(request))
                        {
                            var content = await answer.Content.ReadAsStringAsync();
                            var status = (int)answer.StatusCode;
                            if (status < 400) return content == "" ? default : Json.Read<T>(content);
                            var after = answer.Headers.RetryAfter?.Delta;
                            var error = new ApiException(status, Refusal.Read(content), after == null ? (int?)null : (int)after.Value.TotalSeconds);
                            if (left == 0 || !TryAgain.Contains(status) || error.RetryAfter > maxWait) throw error;
                            wait = error.RetryAfter ?? pause - 0.5;
                        }
                    }
                }
                catch (Exception error) when (left > 0 && (error is HttpRequestException || error is TaskCanceledException))
                {
                    wait = pause - 0.5;
                }
                // Programs that failed together must not come back together.
                await Task.Delay(TimeSpan.FromSeconds(wait + 0.5 + Chance.NextDouble() / 2));
                pause = Math.Min(pause * 2, 30);
            }
        }
    }

    /// <summary>Checks that a post comes from the registry; both throw BadPushException, and ArgumentException where your own
    /// settings prove nothing: an empty name or password, a secret under 24 bytes.</summary>
    public static class Push
    {
        public static void VerifyBasic(string authorization, string username, string password)
        {
            if (string.IsNullOrEmpty(username) || string.IsNullOrEmpty(password))
                throw new ArgumentException("the push connection's name or password is not set");
            var wanted = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(username + ":" + password));
            if (!Same(wanted, authorization ?? "")) throw new BadPushException("wrong user or password");
        }

        /// <summary>The post's id, the same for each repeat of it (Standard Webhooks 1.0.0). Secrets: several while one takes
        /// another's place; body: the bytes as they came; id, timestamp, signature: the headers webhook-….</summary>
        public static string VerifySignature(IEnumerable<string> secrets, string id, string timestamp, string signature, byte[] body,
            int tolerance = 300, DateTimeOffset? now = null)
        {
            var keys = secrets.Select(Key).ToArray();
            if (string.IsNullOrEmpty(id) || !long.TryParse(timestamp, out var moment)
                || Math.Abs((now ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds() - moment) > tolerance)
                throw new BadPushException("no id, or the timestamp is too old or too new");
            var signed = Encoding.UTF8.GetBytes(id + "." + timestamp + ".").Concat(body).ToArray();
            foreach (var key in keys)
            {
                using (var hash = new HMACSHA256(key))
                {
                    var own = "v1," + Convert.ToBase64String(hash.ComputeHash(signed));
                    if ((signature ?? "").Split(' ').Any(given => Same(own, given))) return id;
                }
            }
            throw new BadPushException("no signature fits");
        }

        static byte[] Key(string secret)
        {
            try
            {
                var key = Convert.FromBase64String(secret.StartsWith("whsec_", StringComparison.Ordinal) ? secret.Substring(6) : secret);
                if (key.Length >= 24) return key;
            }
            catch (FormatException)
            {
                // It is no base64, so no secret either.
            }
            throw new ArgumentException("the signing secret is not set or not whole");
        }

        // How long it takes does not depend on where the texts differ.
        static bool Same(string one, string other)
        {
            var different = one.Length ^ other.Length;
            for (var place = 0; place < Math.Min(one.Length, other.Length); place++) different |= one[place] ^ other[place];
            return different == 0;
        }
    }

    [DataContract]
    class Key
    {
        [DataMember(Name = "recipient")] public string Recipient;
        [DataMember(Name = "recipientType")] public string RecipientType;
        [DataMember(Name = "type")] public string Type;
    }

    [DataContract]
    class Recipients
    {
        [DataMember(Name = "recipients")] public string[] List;
    }

    [DataContract]
    class Allowed
    {
        [DataMember(Name = "list")] public string[] List;
    }

    [DataContract]
    class Queued
    {
        [DataMember(Name = "requestId")] public string RequestId;
    }

    [DataContract]
    class Item
    {
        [DataMember(Name = "index")] public int Index;
        [DataMember(Name = "status")] public string Status;
        [DataMember(Name = "transactionId")] public string TransactionId;
        [DataMember(Name = "error")] public Fault Error;
    }

    [DataContract]
    class TokenRequest
    {
        [DataMember(Name = "grant_type")] public string GrantType;
        [DataMember(Name = "username", EmitDefaultValue = false)] public string Username;
        [DataMember(Name = "password", EmitDefaultValue = false)] public string Password;
        [DataMember(Name = "refresh_token", EmitDefaultValue = false)] public string RefreshToken;
    }

    [DataContract]
    class Tokens
    {
        [DataMember(Name = "access_token")] public string Access;
        [DataMember(Name = "refresh_token")] public string Refresh;
        [DataMember(Name = "expires_in")] public int Expires;
        [DataMember(Name = "refresh_expires_in")] public int RefreshExpires;
    }

    [DataContract]
    class Refusal
    {
        [DataMember(Name = "errors")] public Fault[] Errors;
        [DataMember(Name = "error")] public string Word; // OAuth's
        [DataMember(Name = "error_description")] public string Description;

        /// <summary>None where the body is not the API's, as a proxy's page.</summary>
        public static Fault[] Read(string content)
        {
            try
            {
                var read = Json.Read<Refusal>(content);
                if (read?.Word != null) return new[] { new Fault { Code = read.Word, Message = read.Description } };
                return read?.Errors ?? new Fault[0];
            }
            catch (SerializationException)
            {
                return new Fault[0];
            }
        }
    }

    static class Json
    {
        public static string Write(object value)
        {
            using (var stream = new MemoryStream())
            {
                new DataContractJsonSerializer(value.GetType()).WriteObject(stream, value);
                return Encoding.UTF8.GetString(stream.ToArray());
            }
        }

        public static T Read<T>(string text)
        {
            using (var stream = new MemoryStream(Encoding.UTF8.GetBytes(text)))
                return (T)new DataContractJsonSerializer(typeof(T)).ReadObject(stream);
        }
    }
}
