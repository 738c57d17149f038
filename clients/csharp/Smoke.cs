// A company's day against the site that the environment names; prints “done”.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Izin;

static class Smoke
{
    static void Same(object found, object wanted)
    {
        if (!Equals(found, wanted)) throw new Exception($"found {found}, wanted {wanted}");
    }

    static Consent Made(int number, string type = "MESAJ", string status = "ONAY", string date = "2026-11-23 10:15:00") => new Consent
    {
        Recipient = $"+9053200000{number:00}", Type = type, Status = status, Source = "HS_WEB", ConsentDate = date,
    };

    static string Named(string name) => Environment.GetEnvironmentVariable(name);

    static string Verified(string body, long now) => Push.VerifySignature(
        new[] { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
        "v1,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Encoding.UTF8.GetBytes(body), 300, DateTimeOffset.FromUnixTimeSeconds(now));

    static async Task<T> Refused<T>(Func<Task> work) where T : Exception
    {
        try
        {
            await work();
        }
        catch (T error)
        {
            return error;
        }
        throw new Exception("no " + typeof(T));
    }

    static void Main() => Day().GetAwaiter().GetResult();

    static async Task Day()
    {
        var brand = long.Parse(Named("IZIN_BRAND"));
        using (var izin = new Client(Named("IZIN_URL"), Named("IZIN_USER"), Named("IZIN_PASSWORD"), brand, brand))
        {
            var one = await izin.Add(Made(1));
            Same(one.TransactionId.Length, 64);
            Same((await izin.Add(Made(1))).TransactionId, one.TransactionId);
            Same((await izin.Status("+905320000001", "MESAJ")).TransactionId, one.TransactionId);
            Same((await izin.Status("+905320000099", "MESAJ")).Status, null);
            var sent = await izin.SendList(new[] { Made(2), Made(3, "FAKS"), Made(4, "MESAJ", "RET"), Made(5, "MESAJ", "ONAY", "2026-11-10 10:00:00") });
            var results = await izin.AwaitResults(sent, 60);
            Same(string.Join(" ", results.Select(it => $"{it.Index}:{it.Stored}:{it.Code}")), "0:True: 1:False:H117 2:True: 3:False:H467");
            Same(string.Join(" ", await izin.Approved(new[] { "+905320000001", "+905320000004" }, "MESAJ")), "+905320000001");
            var seen = new List<Movement>();
            string after = null;
            for (ChangePage page; (page = await izin.Changes(after, "HS", 2)) != null; after = page.After) seen.AddRange(page.Movements);
            Same(seen.Count, 3);
            var error = await Refused<ApiException>(() => izin.Add(Made(6, "MESAJ", "BELKI")));
            Same($"{error.Status} {error.Faults[0].Code}", "422 H115");
        }
        using (var izin = new Client(Named("IZIN_URL") + "/", Named("IZIN_USER"), Named("IZIN_PASSWORD"), brand, brand))
        {
            Same((await izin.Status("+905320000099", "MESAJ")).Status, null);
        }
        using (var wrong = new Client(Named("IZIN_URL"), Named("IZIN_USER"), "x", brand, brand))
        {
            Same((await Refused<ApiException>(() => wrong.Add(Made(1)))).Faults[0].Code, "invalid_request");
        }
        Same(Client.TurkishTime(new DateTimeOffset(2026, 11, 23, 22, 15, 0, TimeSpan.Zero)), "2026-11-24 01:15:00");
        Same(Verified("{\"test\": 2432232314}", 1614265330), "msg_p5jXN8AQM9LWM0D4loKWxJek");
        await Refused<BadPushException>(() => Task.Run(() => Verified("{\"test\": 2432232315}", 1614265330)));
        await Refused<BadPushException>(() => Task.Run(() => Verified("{\"test\": 2432232314}", 1614265631)));
        foreach (var none in new[] { "", "whsec_", "whsec_AAAA", "whsec_***" }) // a key that everybody knows
        {
            using (var hash = new System.Security.Cryptography.HMACSHA256(new byte[0]))
            {
                var forged = "v1," + Convert.ToBase64String(hash.ComputeHash(Encoding.UTF8.GetBytes("m.1614265330.{}")));
                await Refused<ArgumentException>(() => Task.Run(() => Push.VerifySignature(
                    new[] { none }, "m", "1614265330", forged, Encoding.UTF8.GetBytes("{}"), 300, DateTimeOffset.FromUnixTimeSeconds(1614265330))));
            }
        }
        await Refused<ArgumentException>(() => Task.Run(() => Push.VerifyBasic("Basic Og==", "", "")));
        await Refused<ArgumentException>(() => Task.Run(() => Push.VerifyBasic("Basic a2FuYXJ5YTo=", "kanarya", "")));
        Push.VerifyBasic("Basic a2FuYXJ5YTpwYXJvbGEtxJ8=", "kanarya", "parola-ğ");
        await Refused<BadPushException>(() => Task.Run(() => Push.VerifyBasic("Basic a2FuYXJ5YTp4", "kanarya", "parola-ğ")));
        Console.WriteLine("done");
    }
}
