"""Yes and no by language: the words of the Unicode CLDR (posix messages), and what people text instead.

Each language has three lists: yes, no, and neither. "OK" and the emoji are understood in every language; the words of
other languages are not, because some mean the opposite ("no" is a yes in Czech). A list holds no phrase that another
meaning shares once accents are gone (Vietnamese "đúng" and "đừng").

*Neither* holds what begins with a yes or no and does not mean it ("no idea", "不知道"), or contains one ("no problem").
"""

# ruff: noqa: RUF001  letters of many alphabets

from collections.abc import Mapping, Sequence

_YES = "ok, okay, 👍, 👌, ✅, ✔, 🆗"
_NO = "👎, ❌"

# Yes, no and neither, with commas between the phrases.
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "ar": (
        """نعم, ن, نعم من فضلك, أيوه, أيوة, أيوا, اه, أكيد, طبعا, بالتأكيد, بالطبع, تمام, حسنا, ماشي, طيب, موافق,
        موافقة, اوكي, اوك, أوكيه, تفضل, naam, na3am, aywa""",
        """لا, ل, لا شكرا, كلا, ليس الآن, مش الآن, مو الحين, أبدا, مستحيل, مش موافق, غير موافق, لا تفعل, طبعا لا,
        أكيد لا, بالتأكيد لا, بالطبع لا, la""",
        "لا أعرف, لا أعلم, لا أدري, لا بأس, لا مشكلة, لا مانع, لا يهم",
    ),
    "bg": (
        """да, д, да моля, добре, разбира се, естествено, ок, окей, става, давай, хубаво, съгласен, съгласна,
        точно така, направи го, защо не, da""",
        """не, н, не благодаря, не сега, никога, недей, разбира се че не, в никакъв случай, няма начин, не става,
        не съм съгласен, не съм съгласна, не е нужно, още не, по-добре не, ne""",
        "не знам, не съм сигурен, не съм сигурна, не е проблем",
    ),
    "ca": (
        """sí, s, sí si us plau, és clar, d'acord, d acord, clar, clar que sí, per descomptat, i tant, val, vale,
        endavant, fes-ho, perfecte, correcte, molt bé, per què no""",
        """no, n, no gràcies, ara no, encara no, mai, de cap manera, és clar que no, clar que no,
        per descomptat que no, no ho facis, millor no, no cal""",
        "no sé, no ho sé, no passa res, no hi ha problema, no estic segur, no estic segura, no importa",
    ),
    "cs": (
        """ano, a, ano prosím, jo, jojo, jj, jasně, jasný, jistě, určitě, samozřejmě, souhlasím, dobře, dobrá,
        v pořádku, proč ne, do toho, udělej to, oki, okej""",
        """ne, n, nn, nee, ne díky, ne děkuji, ne děkuju, teď ne, nikdy, vůbec ne, určitě ne, rozhodně ne,
        samozřejmě ne, samozřejmě že ne, v žádném případě, ani náhodou, nedělej to, nechci, nesouhlasím, raději ne,
        radši ne, ještě ne""",
        "",
    ),
    "da": (
        """ja, j, ja tak, jo, jada, ja da, jep, jeps, selvfølgelig, naturligvis, klart, fint, gerne, gør det,
        gør det bare, okej, i orden, det er fint, absolut, hvorfor ikke""",
        """nej, n, nej tak, næ, næh, niks, nix, ikke, ikke nu, ikke endnu, aldrig, lad være, selvfølgelig ikke,
        naturligvis ikke, absolut ikke, gør det ikke, helst ikke, overhovedet ikke""",
        "ved ikke, ved jeg ikke, det ved jeg ikke, ikke sikker, ikke dårligt",
    ),
    "de": (
        """ja, j, jo, jawohl, jep, jup, jap, ja bitte, ja gerne, klar, klaro, na klar, alles klar, sicher, natürlich,
        natuerlich, selbstverständlich, selbstverstaendlich, gerne, gern, sehr gerne, passt, in ordnung,
        einverstanden, geht klar, mach, mach das, mach es, machs, mach ruhig, auf jeden fall, auf jeden, unbedingt,
        genau, stimmt, gut, warum nicht, oki""",
        """nein, n, nö, noe, nee, ne, nope, nein danke, nicht, jetzt nicht, nicht jetzt, noch nicht, bitte nicht,
        lieber nicht, besser nicht, nicht nötig, auf keinen fall, keinesfalls, niemals, nie, nie im leben,
        natürlich nicht, natuerlich nicht, sicher nicht, selbstverständlich nicht, ganz sicher nicht,
        auf gar keinen fall, passt nicht, stimmt nicht, nicht gut, mach nicht, mach das nicht, mach es nicht,
        machs nicht, mach das bitte nicht, lass es, überhaupt nicht, auf jeden fall nicht""",
        "weiß nicht, weiß ich nicht, ich weiß nicht, weis nicht, nicht sicher, nicht schlimm, nicht schlecht",
    ),
    "el": (
        """ναι, ν, ναι παρακαλώ, βέβαια, βεβαίως, φυσικά, σίγουρα, εντάξει, οκ, οκέι, μάλιστα, αμέ, συμφωνώ,
        σύμφωνοι, κάνε το, ασφαλώς, γιατί όχι, nai, entaksei""",
        """όχι, ό, όχι ευχαριστώ, όχι τώρα, όχι ακόμα, μπα, φυσικά όχι, φυσικά και όχι, σίγουρα όχι, βέβαια όχι,
        ασφαλώς όχι, σε καμία περίπτωση, με τίποτα, μην το κάνεις, διαφωνώ, καλύτερα όχι, oxi, ohi""",
        "",
    ),
    "en": (
        """yes, y, yeah, yea, yep, yup, ya, yess, yes please, aye, uh huh, k, kk, sure, sure thing, for sure,
        of course, alright, all right, fine, certainly, absolutely, definitely, affirmative, correct, indeed,
        agreed, go ahead, go for it, do it, do that, do so, please do, by all means, will do, i'll do it, on it,
        on my way, sounds good, hell yes, hell yeah, why not""",
        """no, n, nope, nop, nah, nay, no thanks, no thank you, no way, no need, not now, not right now, not yet,
        not today, not ok, not okay, not at all, don't, do not, don't do it, do not do it, don't do that,
        do not do that, please don't, please do not, i don't, never, never ever, negative, can't, cannot, can not,
        i can't, i cannot, rather not, i'd rather not, better not, of course not, certainly not, absolutely not,
        definitely not, hell no, under no circumstances, sure not, not correct""",
        """no idea, no clue, no problem, no problems, no prob, no probs, no worries, no matter, no doubt, never mind,
        don't know, i don't know, do not know, don't mind, i don't mind, don't care, i don't care, don't worry,
        can't wait, cannot wait, can't say, not sure, i'm not sure""",
    ),
    "es": (
        """sí, s, sip, sí por favor, claro, claro que sí, por supuesto, por supuesto que sí, vale, de acuerdo, dale,
        adelante, hazlo, hágalo, está bien, bueno, cómo no, perfecto, correcto, desde luego, seguro, okey,
        por qué no, con gusto""",
        """no, n, nop, nope, no gracias, ahora no, todavía no, aún no, nunca, jamás, para nada, de ninguna manera,
        ni hablar, claro que no, por supuesto que no, desde luego que no, seguro que no, no lo hagas, no lo haga,
        no está bien, no estoy de acuerdo, mejor no, no hace falta""",
        """no sé, no lo sé, no sabría, no tengo idea, no hay problema, no pasa nada, no estoy seguro,
        no estoy segura, no importa, no te preocupes, no se preocupe, no hay de qué""",
    ),
    "et": (
        """jah, j, jaa, jep, jap, muidugi, kindlasti, loomulikult, olgu, hästi, hea küll, sobib, okei, selge, nõus,
        tee seda, lase käia, miks mitte""",
        """ei, e, ei aitäh, ei tänan, mitte, mitte praegu, praegu mitte, veel mitte, mitte kunagi, ära, ära tee,
        ei sobi, ei ole nõus, kindlasti mitte, muidugi mitte, loomulikult mitte, mingil juhul, üldse mitte,
        pole vaja""",
        "ei tea, ma ei tea, ei ole kindel, ei ole hullu, ei ole probleemi, ei ole midagi, mitte midagi",
    ),
    "fi": (
        """kyllä, k, joo, juu, jep, jees, toki, totta kai, tottakai, tietysti, tietenkin, ilman muuta, selvä, sopii,
        käy, hyvä on, anna mennä, tee se, okei, miksi ei, miksipä ei""",
        """ei, e, en, ei kiitos, ei nyt, ei vielä, ei ikinä, ei koskaan, ei missään nimessä, ei todellakaan,
        ei tietenkään, ei sovi, ei käy, ei tarvitse, älä, älä tee, mieluummin ei, enpä""",
        """en tiedä, en ole varma, en osaa sanoa, ei haittaa, ei hätää, ei ongelmaa, ei mitään, ei se mitään,
        ei väliä""",
    ),
    "fr": (
        """oui, o, ouais, ouaip, oui s'il te plaît, oui s'il vous plaît, bien sûr, bien sûr que oui, d'accord,
        d acord, d accord, vas-y, allez-y, volontiers, certainement, évidemment, absolument, entendu, bien entendu,
        ça marche, ça roule, ça va, parfait, avec plaisir, carrément, tout à fait, exact, fais-le, faites-le,
        pourquoi pas, okey""",
        """non, n, nan, non merci, pas maintenant, pas encore, pas du tout, pas question, hors de question,
        surtout pas, jamais, absolument pas, certainement pas, bien sûr que non, évidemment non, pas d'accord,
        pas d accord, ça ne marche pas, ça marche pas, ça va pas, ça ne va pas, ne fais pas ça, ne le fais pas,
        ne faites pas ça, plutôt pas, plutôt non, pas la peine, laisse tomber""",
        "non plus",
    ),
    "he": (
        """כן, כ, כן בבקשה, בטח, בוודאי, ברור, כמובן, בסדר, סבבה, אוקיי, אוקי, קדימה, מסכים, מסכימה, טוב, תעשה את זה,
        למה לא, ken""",
        """לא, ל, לא תודה, לא עכשיו, ממש לא, בטח שלא, ברור שלא, כמובן שלא, בוודאי שלא, אל תעשה, אל תעשי, אין מצב,
        אף פעם, אף פעם לא, בשום אופן, לא טוב, לא בסדר, עדיין לא, עוד לא, לא מסכים, לא מסכימה, לא צריך, עדיף שלא, lo""",
        "לא יודע, לא יודעת, לא בטוח, לא בטוחה, לא נורא, לא משנה, כן ולא, כן או לא",
    ),
    "hi": (
        """हाँ, हां, जी, जी हाँ, जी हां, हाँ जी, हां जी, ठीक है, ठीक, ओके, बिल्कुल, ज़रूर, जरूर, सही है, अच्छा,
        कर दो, कर दीजिए, क्यों नहीं, haan, haa, han, ji, ji haan, haan ji, theek hai, thik hai, bilkul, zaroor,
        kyon nahi""",
        """नहीं, नही, न, ना, जी नहीं, नहीं जी, नहीं धन्यवाद, अभी नहीं, कभी नहीं, बिल्कुल नहीं, ठीक नहीं, मत करो,
        मत करना, मना है, nahi, nahin, nhi, na, ji nahi, nahi ji, abhi nahi, kabhi nahi, bilkul nahi, mat karo""",
        """नहीं पता, पता नहीं, नहीं मालूम, मालूम नहीं, नहीं जानता, नहीं जानती, कोई बात नहीं, कोई समस्या नहीं,
        pata nahi, nahi pata, koi baat nahi""",
    ),
    "hr": (
        """da, d, da molim, naravno, svakako, sigurno, može, u redu, dobro, slažem se, točno, ajde, hajde, važi,
        jasno, učini to, napravi to, zašto ne, zašto da ne, okej, dogovoreno""",
        """ne, n, ne hvala, ne sada, sada ne, sad ne, nikad, nikada, nemoj, nipošto, ne može, naravno da ne,
        sigurno ne, ni slučajno, ni govora, ne slažem se, nije u redu, bolje ne, ne treba, još ne""",
        "ne znam, ne brini, ne smeta",
    ),
    "hu": (
        """igen, i, igen kérem, persze, rendben, oké, oksi, jó, jól van, jöhet, mehet, hogyne, természetesen, naná,
        legyen, csináld, egyetértek, miért ne, miért is ne""",
        """nem, n, nem köszönöm, köszönöm nem, most nem, még nem, soha, semmiképp, semmiképpen, dehogy, dehogyis, ne,
        ne csináld, nem jó, nem mehet, nem jöhet, nem kell, természetesen nem, persze hogy nem, inkább ne,
        inkább nem""",
        "nem tudom, nem gond, nem baj, nem probléma, nem biztos, nem számít, ne aggódj",
    ),
    "is": (
        """já, j, já takk, jamm, jú, jebb, jább, auðvitað, endilega, allt í lagi, vissulega, að sjálfsögðu,
        gerðu það, sjálfsagt, ókei, af hverju ekki, því ekki""",
        """nei, n, nei takk, neibb, neits, ekki, ekki núna, ekki strax, ekki enn, aldrei, alls ekki, auðvitað ekki,
        að sjálfsögðu ekki, ekki gera það, helst ekki, ekki séns""",
        "veit ekki, veit það ekki, ekki viss, ekki vandamál, ekki slæmt",
    ),
    "it": (
        """sì, s, sì grazie, sì per favore, certo, certamente, certo che sì, va bene, d'accordo, d accordo,
        volentieri, sicuro, assolutamente sì, perché no, fallo, fai pure, procedi, perfetto, esatto, ovvio,
        naturalmente, come no, okey""",
        """no, n, no grazie, non ora, non adesso, non ancora, ancora no, per niente, assolutamente no, mai,
        certo che no, ovviamente no, naturalmente no, non farlo, non va bene, non sono d'accordo, neanche per sogno,
        meglio di no, non serve""",
        "non sono sicuro",
    ),
    "ja": (
        """はい, はいはい, ハイ, うん, ええ, お願い, お願いします, おねがいします, もちろん, 了解, りょうかい,
        承知しました, オッケー, オーケー, おk, いいよ, いいですよ, そうです, わかった, わかりました, 分かった,
        分かりました, やってください, hai""",
        """いいえ, イイエ, いや, いやだ, 嫌, ううん, だめ, ダメ, 駄目, やめて, やめてください, やらないで, しないで,
        結構です, けっこうです, いらない, いりません, 要らない, 要りません, 今はいい, 今はいいです, 違う, 違います,
        ちがう, ちがいます, まだ, 無理, 絶対だめ, そうではない, iie""",
        "ええと, そうですか, そうですね",
    ),
    "ko": (
        """예, 네, 네네, 넵, 넹, 응, 응응, ㅇㅇ, ㅇㅋ, 그래, 그래요, 그럼요, 좋아, 좋아요, 좋습니다, 물론, 당연,
        맞아, 맞습니다, 알겠, 알았어, 오케이, 오키, 부탁해, 부탁드, 해줘, 해 줘, 해주세요, 해 주세요""",
        """아니요, 아니오, 아니, 아뇨, 아닙니다, 아냐, ㄴㄴ, 싫어, 싫습니다, 안돼, 안 돼, 안됩니다, 안 됩니다,
        안 좋아, 안해, 안 해, 하지마, 하지 마, 필요없, 필요 없, 됐어, 됐습니다, 절대 안, 당연히 아니, 지금은 안""",
        "그래서, 그래도, 아니면",
    ),
    "lt": (
        """taip, t, taip prašau, gerai, žinoma, aišku, tikrai, būtinai, sutinku, jo, aha, daryk, pirmyn, okei,
        kodėl ne""",
        """ne, n, nea, ne ačiū, ne dabar, dabar ne, dar ne, niekada, nereikia, jokiu būdu, tikrai ne, žinoma ne,
        žinoma kad ne, aišku ne, nedaryk, nesutinku, negerai, geriau ne""",
        "ne problema, ne bėda",
    ),
    "lv": (
        """jā, j, jaa, jā lūdzu, labi, protams, noteikti, skaidrs, piekrītu, aiziet, uz priekšu, dari, dari to, okei,
        kāpēc ne""",
        """nē, n, nē paldies, ne tagad, tagad nē, vēl nē, nekad, nevajag, protams nē, protams ka nē, noteikti nē,
        nedari, nekādā gadījumā, nepiekrītu, nav labi, labāk nē""",
        "",
    ),
    "nb": (
        """ja, j, ja takk, jo, jada, joda, jepp, jepps, selvsagt, selvfølgelig, klart, klart det, greit,
        det er greit, gjerne, gjør det, i orden, absolutt, visst, fint, bare kjør, okei, hvorfor ikke""",
        """nei, n, nei takk, neida, niks, ikke, ikke nå, ikke ennå, ikke enda, aldri, la være, absolutt ikke,
        selvfølgelig ikke, selvsagt ikke, klart ikke, ikke greit, gjør det ikke, helst ikke, overhodet ikke""",
        "vet ikke, jeg vet ikke, det vet jeg ikke, ikke sikker, ikke verst, ikke noe problem",
    ),
    "nl": (
        """ja, j, jaa, ja hoor, ja graag, ja alsjeblieft, ja alstublieft, jawel, jazeker, jep, graag, zeker,
        zeker weten, natuurlijk, tuurlijk, uiteraard, prima, goed, is goed, akkoord, oké, okee, oki, doe maar,
        doe het, doe dat, absoluut, klopt, top, waarom niet""",
        """nee, n, neen, nope, nee bedankt, nee dank je, nee dankje, nee dank u, niet, niet nu, nu niet, nog niet,
        nooit, liever niet, beter van niet, zeker niet, natuurlijk niet, tuurlijk niet, uiteraard niet,
        absoluut niet, klopt niet, geen sprake van, doe het niet, doe dat niet, doe maar niet, niet doen, niet goed,
        niet akkoord, hoeft niet, laat maar""",
        "weet niet, weet ik niet, ik weet het niet, niet zeker, niet erg, niet slecht",
    ),
    "pl": (
        """tak, t, tak proszę, tak poproszę, jasne, no jasne, oczywiście, pewnie, dobrze, dobra, spoko, zgoda,
        w porządku, zgadzam się, zrób to, śmiało, okej, oki, owszem, jak najbardziej, czemu nie, dlaczego nie""",
        """nie, n, niee, nie dziękuję, nie dzięki, nie teraz, teraz nie, jeszcze nie, nigdy, wcale nie, na pewno nie,
        oczywiście że nie, pewnie że nie, jasne że nie, w żadnym wypadku, nie rób tego, nie zgadzam się, raczej nie,
        lepiej nie, nie trzeba""",
        """nie wiem, nie ma problemu, nie ma sprawy, nie jestem pewien, nie jestem pewna, nie szkodzi, nie martw się""",
    ),
    "pt": (
        """sim, s, ss, sim por favor, claro, claro que sim, com certeza, certo, está bem, está bom, tá, tá bom,
        tá bem, pode, pode ser, pode sim, beleza, combinado, de acordo, faça isso, faz isso, vai em frente,
        com prazer, por que não, porque não""",
        """não, n, não obrigado, não obrigada, agora não, ainda não, nunca, jamais, de jeito nenhum,
        de maneira nenhuma, de modo nenhum, claro que não, com certeza não, certo que não, não pode, não está bem,
        não está certo, não faça isso, nem pensar, melhor não, não precisa, não é preciso""",
        """não sei, não tem problema, não há problema, não faz mal, não importa, não tenho certeza,
        não tenho a certeza, não se preocupe, não te preocupes, não tem de quê""",
    ),
    "ro": (
        """da, d, da te rog, da vă rog, sigur, sigur că da, desigur, bineînțeles, bine, e bine, în regulă, de acord,
        perfect, fă-o, evident, okei, oki, de ce nu""",
        """nu, n, nu mulțumesc, nu mersi, nu acum, acum nu, încă nu, niciodată, sigur că nu, desigur că nu,
        bineînțeles că nu, în niciun caz, nicidecum, nu o face, nu e bine, nu e în regulă, nu sunt de acord,
        mai bine nu, nu e nevoie""",
        "nu știu, nu e problemă, nu e nicio problemă, nu-i problemă, nu sunt sigur, nu sunt sigură, nu contează",
    ),
    "ru": (
        """да, д, ага, угу, да пожалуйста, конечно, разумеется, хорошо, ладно, ок, окей, давай, давайте, согласен,
        согласна, точно, верно, обязательно, сделай, сделайте, почему нет, почему бы нет, почему бы и нет, da""",
        """нет, н, неа, нет спасибо, не надо, не нужно, не сейчас, сейчас нет, пока нет, ещё нет, никогда, ни за что,
        ни в коем случае, конечно нет, конечно не надо, разумеется нет, точно нет, не делай, не делайте, не хочу,
        не могу, не согласен, не согласна, не стоит, нельзя, лучше не надо, лучше нет, net""",
        "нет проблем",
    ),
    "sk": (
        """áno, a, áno prosím, hej, jasné, iste, určite, samozrejme, dobre, v poriadku, súhlasím, do toho, urob to,
        okej, oki, prečo nie""",
        """nie, n, nie ďakujem, nie vďaka, teraz nie, nie teraz, ešte nie, nikdy, vôbec nie, určite nie,
        samozrejme že nie, samozrejme nie, v žiadnom prípade, ani náhodou, nerob to, nechcem, nesúhlasím,
        radšej nie""",
        "nie je problém, nie som si istý, nie som si istá, nie je dôležité, nie je zač",
    ),
    "sl": (
        """da, d, ja, da prosim, ja prosim, seveda, vsekakor, jasno, dobro, v redu, prav, strinjam se, lahko,
        naredi to, kar daj, okej, zakaj ne, zakaj pa ne""",
        """ne, n, ne hvala, ne zdaj, zdaj ne, še ne, nikoli, seveda ne, seveda da ne, nikakor, nikakor ne, sploh ne,
        raje ne, ne delaj tega, ne strinjam se, ni v redu, ni govora, ni treba, ne moreš""",
        "ne vem, ne skrbi, ne moti",
    ),
    "sr": (
        """да, д, да молим, наравно, свакако, сигурно, може, у реду, добро, слажем се, тачно, ајде, хајде, важи,
        јасно, уради то, зашто не, зашто да не, океј, da, da molim, naravno, svakako, sigurno, može, u redu, dobro,
        slažem se, tačno, ajde, hajde, važi, jasno, uradi to, zašto ne, zašto da ne, okej""",
        """не, н, не хвала, не сада, сада не, сад не, још не, никад, никада, немој, нипошто, не може, наравно да не,
        сигурно не, ни случајно, не слажем се, није у реду, боље не, не треба, ne, ne hvala, ne sada, sada ne,
        sad ne, još ne, nikad, nikada, nemoj, nipošto, ne može, naravno da ne, sigurno ne, ni slučajno,
        ne slažem se, nije u redu, bolje ne, ne treba""",
        "не знам, не брини, не смета, ne znam, ne brini, ne smeta",
    ),
    "sv": (
        """ja, j, ja tack, jo, jadå, jodå, japp, jepp, jajamän, absolut, självklart, naturligtvis, visst, javisst,
        såklart, gärna, gör det, kör, kör på, okej, okey, det går bra, varför inte""",
        """nej, n, nej tack, nejdå, nä, näe, nix, nepp, inte, inte nu, inte än, aldrig, absolut inte,
        självklart inte, naturligtvis inte, såklart inte, visst inte, gör det inte, gör inte det, kör inte, låt bli,
        helst inte, det går inte, det går inte bra""",
        "vet inte, jag vet inte, det vet jag inte, inte säker, inte dåligt, inte illa",
    ),
    "ta": (
        "ஆம், ஆமா, ஆமாம், சரி, ஓகே, கண்டிப்பாக, நிச்சயமாக, செய்யுங்கள், சம்மதம், aam, aama, aamam, sari, seri",
        """இல்லை, இல்ல, வேண்டாம், வேணாம், முடியாது, கூடாது, இப்போது வேண்டாம், நிச்சயமாக இல்லை, இல்லை நன்றி, செய்யாதே,
        செய்யாதீர்கள், சரி இல்லை, illai, illa, vendam, venam""",
        "",
    ),
    "th": (
        """ใช่, ใช่ครับ, ใช่ค่ะ, ได้, ได้ครับ, ได้ค่ะ, ได้เลย, ตกลง, โอเค, เอา, เอาเลย, จัดไป, แน่นอน, ถูกต้อง,
        ทำเลย""",
        """ไม่, ไม่ใช่, ไม่ได้, ไม่เอา, ไม่ต้อง, ไม่ครับ, ไม่ค่ะ, ไม่ตกลง, ไม่โอเค, ไม่ถูกต้อง, ไม่ใช่แน่นอน,
        ไม่มีทาง, ยังไม่, อย่า, อย่าเอา, เปล่า, เอาไว้ก่อน, ไว้ก่อน, แน่นอนว่าไม่""",
        """ใช่ไหม, ใช่มั้ย, ได้ไหม, ได้มั้ย, เอาไหม, ไม่รู้, ไม่ทราบ, ไม่แน่ใจ, ไม่แน่นอน, ไม่แน่, ไม่เป็นไร,
        ไม่มีปัญหา""",
    ),
    "tr": (
        """evet, e, evt, evet lütfen, tabii, tabi, tabii ki, tabi ki, tabiki, tamam, olur, peki, elbette, kesinlikle,
        olsun, yap, hadi, aynen, memnuniyetle, okey, neden olmasın""",
        """hayır, h, hyr, yok, olmaz, hayır teşekkürler, şimdi değil, şimdi olmaz, henüz değil, değil, asla, sakın,
        yapma, istemiyorum, kesinlikle hayır, kesinlikle olmaz, kesinlikle değil, tabii ki hayır, tabi ki hayır,
        elbette hayır, tamam değil, gerek yok""",
        "sorun yok, sorun değil, önemli değil, fikrim yok",
    ),
    "uk": (
        """так, т, ага, угу, так будь ласка, звичайно, звісно, авжеж, добре, гаразд, ок, окей, давай, давайте,
        згоден, згодна, точно, обов'язково, зроби, зробіть, чому ні, чому б ні, чому б і ні, tak""",
        """ні, н, нє, ні дякую, не треба, не потрібно, не зараз, зараз ні, ще ні, поки ні, ніколи, нізащо,
        в жодному разі, звичайно ні, звісно ні, точно ні, не роби, не робіть, не хочу, не можу, не згоден,
        не згодна, не варто, краще ні, ni""",
        "",
    ),
    "vi": (
        """có, c, có chứ, vâng, vâng ạ, dạ, dạ vâng, dạ có, ừ, được, được thôi, duoc, đồng ý, dong y, đúng rồi,
        đúng vậy, chắc chắn, tất nhiên, tất nhiên rồi, dĩ nhiên, làm đi, oke, okie""",
        """không, k, ko, hok, không cảm ơn, không cần, không được, không đồng ý, không phải, không có, không nên,
        không bao giờ, bây giờ không, chưa, chưa được, khỏi, thôi, đừng làm, dạ không, dạ chưa, chắc chắn không,
        tất nhiên là không""",
        """không biết, ko biết, không chắc, không chắc chắn, không sao, ko sao, không có gì, không có chi,
        không vấn đề gì""",
    ),
    "zh": (
        """是, 是的, 是啊, 对, 对的, 對, 對的, 好, 好的, 好啊, 好吧, 行, 可以, 嗯, 当然, 當然, 同意, 确定, 確定,
        收到, 做吧, 没错, 沒錯""",
        """否, 不, 不是, 不行, 不要, 不可以, 不用, 不好, 不对, 不對, 不了, 不同意, 不需要, 不必, 不会, 不會, 不能,
        没有, 沒有, 还没, 還沒, 算了, 当然不, 當然不, 当然不行, 當然不行, 当然不可以, 绝不, 絕不""",
        """不知道, 不清楚, 不确定, 不確定, 不一定, 不好说, 不好說, 不客气, 不客氣, 不好意思, 不错, 不錯, 不要紧,
        不要緊, 没有问题, 沒有問題, 没有关系, 沒有關係, 是谁, 是誰, 是什么, 是什麼, 是哪, 是吗, 是嗎, 是否, 对了,
        對了, 对吗, 對嗎, 对不起, 對不起, 对方, 對方, 好吗, 好嗎, 好像, 好难, 好難, 行吗, 行嗎, 行李, 行人, 可以吗,
        可以嗎""",
    ),
}


def _split(phrases: str) -> Sequence[str]:
    return tuple(" ".join(phrase.split()) for phrase in phrases.split(",") if phrase)


# The phrases for yes and for no.
YES_NO: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    language: (_split(f"{yes}, {_YES}"), _split(f"{no}, {_NO}")) for language, (yes, no, _) in _WORDS.items()
}
_NEITHER: Mapping[str, Sequence[str]] = {language: _split(neither) for language, (_, _, neither) in _WORDS.items()}


def yes_no(language: str) -> dict[str, Sequence[str]]:
    """Return the choices yes and no in a language (BCP 47), or in English if the language is unknown."""
    yes, no = YES_NO[_known(language)]
    return {"yes": yes, "no": no}


def neither(language: str) -> Sequence[str]:
    """Return phrases that begin with or contain a yes or no of the language and mean neither, for parse_choices."""
    return _NEITHER[_known(language)]


def _known(language: str) -> str:
    """Return the key of a language in the table."""
    key = language.lower().partition("-")[0]
    return key if key in _WORDS else "en"
